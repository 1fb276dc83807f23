"""One batch for BPJS: its code, its contributions, and what BPJS says about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.months import parse_month
from agentsys.people.models import RoleName, User
from agentsys.remittances import batches, confirmations, results
from agentsys.remittances.confirmations import Result, Verdict
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.runtime import runtime
from agentsys.web import sheets
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import CodeForm, ResultsForm
from agentsys.web.finance.remittances import own_remittance
from agentsys.web.responses import PAGE, check, why
from agentsys.web.texts import day, sentence
from agentsys.workers.models import Worker

_GOOD = (Verdict.CONFIRMED, Verdict.ALREADY)


@finance.get("/setoran-bpjs/<int:remittance_id>")
def remittance(remittance_id: int) -> str:
    """A batch, its contributions, and the next step."""
    return page(db.session(), remittance_id)


@finance.post("/setoran-bpjs/<int:remittance_id>/kode")
def set_code(remittance_id: int) -> Response | tuple[str, int]:
    """Note the kode iuran that EPS gave, or correct it."""
    form = CodeForm(request.form)
    own_remittance(db.session(), remittance_id)
    try:
        check(form)
        with transaction() as session:
            batches.set_code(
                session,
                remittance_id=remittance_id,
                kode_iuran=form.kode_iuran.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        code = form.kode_iuran.data or ""
        return page(db.session(), remittance_id, error=why(refused), code=code), 422
    flash(_("Kode iuran disimpan. Bayar di bank, lalu tempel hasilnya di sini."), "success")
    return redirect(url_for("finance.remittance", remittance_id=remittance_id))


@finance.post("/setoran-bpjs/<int:remittance_id>/hasil")
def confirm_remittance(remittance_id: int) -> Response | str | tuple[str, int]:
    """Take in what BPJS says; lines that need a look are shown, each with what to do."""
    form = ResultsForm()
    found = own_remittance(db.session(), remittance_id)
    code = found.kode_iuran or ""
    pasted = form.results.data or ""
    try:
        upload = form.file.data
        content = upload.read(results.MOST_BYTES + 1) if upload else b""
        rows = results.read_results(content or pasted)
        with transaction() as session:
            lines = confirmations.confirm(session, rows=rows, actor_id=current_user.id)
    except Refused as refused:
        again = page(db.session(), remittance_id, error=why(refused), pasted=pasted)
        return again, 422
    ours = any(line.row.kode_iuran == code for line in lines)
    confirmed = sum(line.verdict is Verdict.CONFIRMED for line in lines)
    if ours and all(line.verdict in _GOOD for line in lines):
        flash(_verdicts(lines, confirmed), "success")
        return redirect(url_for("finance.remittance", remittance_id=remittance_id))
    error = "" if ours else _("Kode iuran %(code)s tidak ada di antara baris itu.", code=code)
    return page(db.session(), remittance_id, error=error, pasted=pasted, lines=lines)


@finance.get("/setoran-bpjs/<int:remittance_id>/daftar.xlsx")
def remittance_file(remittance_id: int) -> Response:
    """The batch's list for EPS, with whole NIKs except for auditors; the export is recorded."""
    found = own_remittance(db.session(), remittance_id)
    whole = current_user.role is not RoleName.AUDITOR
    answer = sheets.download(
        f"setoran-{remittance_id}.xlsx",
        _("Setoran %(id)s, kode iuran %(code)s", id=remittance_id, code=found.kode_iuran or "–"),
        [
            "NIK",
            "KPJ",
            _("Nama"),
            _("Tanggal lahir"),
            _("Bulan iuran"),
            _("Program"),
            "JKK",
            "JKM",
            "JHT",
            _("Jumlah"),
        ],
        _file_rows(db.session(), remittance_id, whole=whole),
    )
    with transaction() as session:
        trail.record(
            session,
            actor_id=current_user.id,
            action="remittance.exported",
            subject=f"remittance:{remittance_id}",
            details={"count": found.count, "whole_nik": whole},
        )
    return answer


def _file_rows(session: Session, remittance_id: int, *, whole: bool) -> Iterator[list[str | int]]:
    vault = runtime().vault
    rows = session.execute(
        select(
            Worker.nik_sealed,
            Worker.nik_masked,
            Worker.kpj,
            Worker.name,
            Worker.birth_date,
            Contribution.month,
            Contribution.programmes,
            Contribution.jkk_idr,
            Contribution.jkm_idr,
            Contribution.jht_idr,
            Contribution.amount_idr,
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .where(Contribution.remittance_id == remittance_id)
        .order_by(Contribution.worker_id, Contribution.month)
        .execution_options(yield_per=1000)
    )
    for sealed, masked, kpj, name, born, month, programmes, *amounts in rows:
        nik = vault.open(sealed) if whole else masked
        yield [nik, kpj, name, f"{born:%Y-%m-%d}", f"{month:%Y-%m}", programmes.value, *amounts]


def page(
    session: Session,
    remittance_id: int,
    *,
    error: str = "",
    code: str = "",
    pasted: str = "",
    reason: str = "",
    lines: list[Result] | None = None,
) -> str:
    """A batch's page, with what was refused as it was typed."""
    found = own_remittance(session, remittance_id)
    rows = _inside(session, remittance_id)
    next_url = ""
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        mark = f"{rows[-1].worker_id}:{rows[-1].month:%Y-%m}"
        next_url = url_for("finance.remittance", remittance_id=remittance_id, after=mark)
    return render_template(
        "finance/remittance.html",
        remittance=_card(session, found),
        steps=_steps(found),
        lines=rows,
        next_url=next_url,
        results=[_line(line) for line in lines or ()],
        pasted=pasted,
        most_bytes=results.MOST_BYTES,
        code=code or found.kode_iuran or "",
        reason=reason,
        error=error,
        writable=current_user.role is not RoleName.AUDITOR,
        may_cancel=current_user.id not in (found.cancel_asked_by, found.created_by),
    )


def _card(session: Session, found: Remittance) -> dict[str, Any]:
    people = (found.created_by, found.confirmed_by, found.cancel_asked_by, found.cancelled_by)
    rows = session.execute(select(User.id, User.name).where(User.id.in_(people)))
    names: dict[int | None, str] = {user_id: name for user_id, name in rows}
    return {
        "id": found.id,
        "month": found.month,
        "count": found.count,
        "amount_idr": found.amount_idr,
        "state": found.state.value,
        "kode_iuran": found.kode_iuran,
        "bpjs_ref": found.bpjs_ref,
        "created_at": found.created_at,
        "created_by": names.get(found.created_by),
        "confirmed_at": found.confirmed_at,
        "confirmed_by": names.get(found.confirmed_by),
        "cancel_reason": found.cancel_reason,
        "cancel_asked_by": names.get(found.cancel_asked_by),
        "cancelled_by": names.get(found.cancelled_by),
    }


def _inside(session: Session, remittance_id: int) -> list[Any]:
    query = (
        select(
            Contribution.worker_id,
            Worker.name.label("worker_name"),
            Worker.nik_masked,
            Worker.kpj,
            Contribution.month,
            Contribution.amount_idr,
            Contribution.state,
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .where(Contribution.remittance_id == remittance_id)
        .order_by(Contribution.worker_id, Contribution.month)
        .limit(PAGE + 1)
    )
    worker, _colon, month = request.args.get("after", "").partition(":")
    if worker:
        try:
            mark = (int(worker[:18]), parse_month(month))
        except ValueError as error:
            raise NotFound() from error
        query = query.where(tuple_(Contribution.worker_id, Contribution.month) > mark)
    return list(session.execute(query))


def _steps(found: Remittance) -> list[dict[str, Any]]:
    state = found.state
    if state is RemittanceState.CANCELLED:
        return [
            {"label": _("Disusun"), "note": day(found.created_at), "done": True},
            {"label": _("Dibongkar"), "note": _("Iurannya dapat disusun lagi"), "done": True},
        ]
    coded = state is not RemittanceState.OPEN
    paid = day(found.confirmed_at) if found.confirmed_at else ""
    return [
        {"label": _("Disusun"), "note": day(found.created_at), "done": True},
        {"label": _("Kode iuran dari EPS"), "note": found.kode_iuran or "", "done": coded},
        {"label": _("LUNAS di BPJS"), "note": paid, "done": bool(paid)},
    ]


def _line(line: Result) -> dict[str, Any]:
    labels = {
        Verdict.CONFIRMED: (_("LUNAS"), "ok"),
        Verdict.ALREADY: (_("Sudah dikonfirmasi"), "off"),
        Verdict.NOT_PAID: (_("Belum dibayar"), "warn"),
        Verdict.UNKNOWN_CODE: (_("Kode tak dikenal"), "bad"),
        Verdict.OTHER_AMOUNT: (_("Jumlah berbeda"), "bad"),
        Verdict.NO_MONEY: (_("Saldo tidak cukup"), "bad"),
        Verdict.CANCELLED: (_("LUNAS setelah dibongkar"), "bad"),
        Verdict.NOT_NOW: (_("Belum bisa"), "bad"),
    }
    label, tone = labels[line.verdict]
    return {
        "line": line.row.number,
        "text": line.row.kode_iuran,
        "sentence": sentence(line.reason),
        "outcome_label": label,
        "tone": tone,
    }


def _verdicts(lines: list[Result], confirmed: int) -> str:
    if not confirmed:
        return _("Semua baris sudah dikonfirmasi sebelumnya; tidak ada yang berubah.")
    return ngettext(
        "%(num)d setoran LUNAS di BPJS, %(all)d baris dicocokkan.",
        "%(num)d setoran LUNAS di BPJS, %(all)d baris dicocokkan.",
        confirmed,
        all=len(lines),
    )
