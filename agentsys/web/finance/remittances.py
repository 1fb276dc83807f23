"""Batches for BPJS: what can be remitted, and the batches that were made."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.remittances import batches, queries
from agentsys.remittances.queries import ReadyGroup, RemittanceDetail
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.offices import in_bank as in_bank_now
from agentsys.web.responses import PAGE, after_id, cut, said
from agentsys.web.texts import month_short, num, rp


@finance.get("/setoran-bpjs")
@needs(Permission.REMITTANCE_READ)
def remittances() -> str:
    """What is ready for BPJS, and the batches, newest first."""
    session = db.session()
    found = queries.remittances(session, current_user, after=after_id(), limit=PAGE + 1)
    rows, next_url = cut(found, "finance.remittances")
    groups = queries.ready_to_remit(session, current_user)
    return render_template(
        "finance/remittances.html",
        kpis=_kpis(session, groups),
        groups=[asdict(group) | {"months": _months(group)} for group in groups],
        held=queries.held_back(session, current_user),
        writable=current_user.can(Permission.REMITTANCE_MAKE),
        remittances=rows,
        next_url=next_url,
    )


@finance.post("/setoran-bpjs")
@needs(Permission.REMITTANCE_MAKE)
def create_remittance() -> Response:
    """Batch all that an office can remit now."""
    office_id = queries.office_id_in_scope(
        db.session(), current_user, request.form.get("office_id", 0, type=int)
    )
    try:
        with transaction() as session:
            made = batches.make_batch(session, office_id=office_id, actor_id=current_user.id)
            made_id, count, amount = made.id, made.count, made.amount_idr
    except Refused as refused:
        return said(refused, url_for("finance.remittances"))
    flash(
        ngettext(
            "%(num)s iuran disusun, %(sum)s. Masukkan ke EPS, lalu isi kode iurannya.",
            "%(num)s iuran disusun, %(sum)s. Masukkan ke EPS, lalu isi kode iurannya.",
            count,
            sum=rp(amount),
        ),
        "success",
    )
    return redirect(url_for("finance.remittance", remittance_id=made_id))


def own_remittance(session: Session, remittance_id: int) -> RemittanceDetail:
    """A batch of an office that the user may see; NotFound otherwise."""
    return queries.remittance(session, current_user, remittance_id)


def _months(group: ReadyGroup) -> str:
    first, last = month_short(group.first_month), month_short(group.last_month)
    return first if first == last else f"{first} – {last}"


def _kpis(session: Session, groups: list[ReadyGroup]) -> list[dict[str, Any]]:
    found = queries.totals(session, current_user)
    under_way, count = found.under_way, found.under_way.count
    ready = sum(group.amount_idr for group in groups)
    ready_count = sum(group.count for group in groups)
    in_bank = in_bank_now(session)
    return [
        {
            "label": _("Siap disetor"),
            "value": rp(ready),
            "sub": ngettext("%(n)s iuran", "%(n)s iuran", ready_count, n=num(ready_count)),
            "tone": "",
        },
        {
            "label": _("Menunggu LUNAS"),
            "value": rp(under_way.amount_idr),
            "sub": ngettext("%(n)s berkas", "%(n)s berkas", count, n=num(count)),
            "tone": "",
        },
        {"label": _("LUNAS bulan ini"), "value": rp(found.paid_idr), "sub": "", "tone": ""},
        {
            "label": _("Saldo rekening penampungan"),
            "value": rp(in_bank),
            "sub": _("menurut buku"),
            "tone": "bad" if in_bank < under_way.amount_idr else "",
        },
    ]
