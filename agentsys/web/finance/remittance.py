"""The page of one batch for BPJS: its code, contributions, and BPJS' results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.remittances import codes, confirmations, line_queries, results
from agentsys.remittances.models import RemittanceState
from agentsys.remittances.queries import RemittanceDetail
from agentsys.remittances.verdicts import Result, Verdict
from agentsys.runtime import runtime
from agentsys.sheets.tables import MOST_BYTES
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.difference_parts import difference_parts
from agentsys.web.finance.forms import CodeForm, ResultsForm
from agentsys.web.finance.remittances import own_remittance
from agentsys.web.finance.transfer_parts import transfer_parts
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import check, why
from agentsys.web.second_persons import wait_for
from agentsys.web.texts import day, day_and_time, lazy, sentence
from agentsys.workers import seals

_GOOD = (Verdict.CONFIRMED, Verdict.ALREADY)

LINES = ListPage(
    endpoint="finance.remittance",
    title=lazy("Iuran dalam setoran ini"),
    search=lazy("Nama pekerja atau KPJ"),
    sorts={
        "listed": lazy("Urutan berkas"),
        "worker": lazy("Pekerja"),
        "month": lazy("Bulan"),
        "amount": lazy("Iuran"),
    },
    personal=False,
    sums=True,
)


@finance.get("/setoran-bpjs/<int:remittance_id>")
@needs(Permission.REMITTANCE_READ)
def remittance(remittance_id: int) -> str:
    """A batch, its contributions, and the next step."""
    return page(db.session(), remittance_id)


@finance.post("/setoran-bpjs/<int:remittance_id>/kode")
@needs(Permission.REMITTANCE_CODE)
def set_code(remittance_id: int) -> Response | tuple[str, int]:
    """Store or correct the kode iuran that EPS gave."""
    form = CodeForm(request.form)
    code = form.kode_iuran.data or ""
    return changed(
        remittance_id,
        form,
        partial(
            codes.set_code,
            kode_iuran=code,
            code_idr=form.code_idr.data,
            valid_until=form.valid_until.data,
        ),
        _("Kode iuran disimpan. Bayar di bank, lalu tempel hasilnya di sini."),
        coded=_coded(code, request.form.get("code_idr", ""), request.form.get("valid_until", "")),
    )


@finance.post("/setoran-bpjs/<int:remittance_id>/hasil")
@needs(Permission.REMITTANCE_CONFIRM)
def confirm_remittance(remittance_id: int) -> Response | str | tuple[str, int]:
    """Apply pasted results of BPJS; show the lines that need attention, with advice."""
    form = ResultsForm()
    found = own_remittance(db.session(), remittance_id)
    code = found.kode_iuran or ""
    pasted, note = form.results.data or "", form.note.data or ""
    try:
        check(form)
        upload = form.file.data
        content = upload.read(MOST_BYTES + 1) if upload else b""
        rows = results.read_results(content or pasted)
        with transaction() as session:
            lines = confirmations.confirm(
                session,
                rows=rows,
                actor_id=current_user.id,
                shared_bank=runtime().settings.shared_bank_account,
                difference_note=note,
                nik_index=runtime().vault.index,
            )
    except Refused as refused:
        return refused_page(remittance_id, refused, pasted=pasted, note=note)
    ours = any(line.remittance_id == remittance_id for line in lines)
    confirmed = sum(line.verdict is Verdict.CONFIRMED for line in lines)
    if ours and all(line.verdict in _GOOD and line.warning is None for line in lines):
        flash(_verdicts(lines, confirmed), "success")
        return redirect(url_for("finance.remittance", remittance_id=remittance_id))
    error = "" if ours else _("Kode iuran %(code)s tidak ada di antara baris itu.", code=code)
    return page(db.session(), remittance_id, error=error, pasted=pasted, note=note, lines=lines)


@finance.get("/setoran-bpjs/<int:remittance_id>/daftar.xlsx")
@needs(Permission.REMITTANCE_READ)
def remittance_file(remittance_id: int) -> Response:
    """The batch's list for EPS, with whole NIKs except for auditors; the export is recorded."""
    found = own_remittance(db.session(), remittance_id)
    whole = current_user.can(Permission.REMITTANCE_EXPORT)
    part = request.args.get("bagian", 1, type=int)
    if not 1 <= part <= line_queries.parts(found.count):
        raise NotFound()
    answer = sheets.download(
        f"setoran-{remittance_id}{f'-{part}' if part > 1 else ''}.xlsx",
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
        _file_rows(db.session(), remittance_id, whole=whole, part=part),
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


def _file_rows(
    session: Session, remittance_id: int, *, whole: bool, part: int
) -> Iterator[list[str | int]]:
    vault = runtime().vault
    for line in line_queries.export_lines(session, remittance_id, part=part):
        yield [
            vault.open(line.nik_sealed, seals.nik_of(line.nik_index)) if whole else line.nik_masked,
            line.kpj,
            line.name,
            f"{line.birth_date:%Y-%m-%d}",
            f"{line.month:%Y-%m}",
            line.programmes.value,
            line.jkk_idr,
            line.jkm_idr,
            line.jht_idr,
            line.amount_idr,
        ]


def changed(
    remittance_id: int, form: Form, change: Callable[..., object], done: str, **typed: Any
) -> Response | tuple[str, int]:
    """The answer to a form that changes a batch: its page, with what was typed if it is refused."""
    own_remittance(db.session(), remittance_id)
    try:
        check(form)
        with transaction() as session:
            change(session, remittance_id=remittance_id, actor_id=current_user.id)
    except Refused as refused:
        return refused_page(remittance_id, refused, **typed)
    flash(done, "success")
    return redirect(url_for("finance.remittance", remittance_id=remittance_id))


def refused_page(remittance_id: int, refused: Refused, **typed: Any) -> tuple[str, int]:
    """A batch's page with an error message and the typed input."""
    return page(db.session(), remittance_id, error=why(refused), **typed), 422


def page(
    session: Session,
    remittance_id: int,
    *,
    error: str = "",
    coded: dict[str, str] | None = None,
    pasted: str = "",
    reason: str = "",
    note: str = "",
    lines: list[Result] | None = None,
    **typed: Any,
) -> str:
    """A batch's page, with the input of a refused form."""
    found = own_remittance(session, remittance_id)
    view = ListView(LINES, remittance_id=remittance_id)
    held = found.count if found.state is not RemittanceState.CANCELLED else 0
    batch = line_queries.lines_of(session, remittance_id, view.request, total=held)
    return render_template(
        "finance/remittance.html",
        remittance=_card(found),
        steps=_steps(found),
        listing=view.show(batch),
        results=[_line(line) for line in lines or ()],
        pasted=pasted,
        most_bytes=MOST_BYTES,
        coded=coded or _coded(found.kode_iuran or "", str(found.code_idr or "")),
        parts=line_queries.parts(found.count),
        code_until=day_and_time(found.code_expires_at) if found.code_expires_at else "",
        reason=reason,
        note=note,
        **(difference_parts(session, found.id) | transfer_parts(session, found.id) | typed),
        error=error,
        writable=current_user.can(Permission.REMITTANCE_CODE),
        may_cancel=current_user.id not in (found.cancel_asked_by, found.created_by),
        not_yet=wait_for(found.cancel_asked_by, found.created_by),
    )


def _coded(code: str, code_idr: str, valid_until: str = "") -> dict[str, str]:
    """The inputs of the form for the code."""
    return {"kode_iuran": code, "code_idr": code_idr, "valid_until": valid_until}


def _card(found: RemittanceDetail) -> dict[str, Any]:
    return asdict(found) | {
        "state": found.state.value,
        "created_by": found.creator,
        "confirmed_by": found.confirmer,
        "cancel_asked_by": found.cancel_asker,
        "cancelled_by": found.canceller,
    }


def _steps(found: RemittanceDetail) -> list[dict[str, Any]]:
    state = found.state
    if state is RemittanceState.CANCELLED:
        return [
            {"label": _("Disusun"), "note": day(found.created_at), "done": True},
            {"label": _("Dibatalkan"), "note": _("Iurannya dapat disusun lagi"), "done": True},
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
        Verdict.CANCELLED: (_("LUNAS setelah dibatalkan"), "bad"),
        Verdict.OTHER_REF: (_("Pembayaran lain"), "bad"),
        Verdict.PAID_AGAIN: (_("Dibayar dua kali"), "warn"),
        Verdict.USED_REF: (_("Nomor sudah dipakai"), "bad"),
        Verdict.MEMBER_REFUSED: (_("Ditolak BPJS"), "warn"),
        Verdict.NO_MEMBER: (_("Iuran tak ditemukan"), "bad"),
        Verdict.INCOMPLETE: (_("Belum lengkap"), "bad"),
        Verdict.NOT_NOW: (_("Belum bisa"), "bad"),
    }
    label, tone = labels[line.verdict]
    return {
        "line": line.row.number,
        "text": " · ".join(
            part for part in (line.row.kode_iuran, line.row.kpj or line.row.nik[-4:]) if part
        ),
        "sentence": " ".join(sentence(told) for told in (line.reason, line.warning) if told),
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
