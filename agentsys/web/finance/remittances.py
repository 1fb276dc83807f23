"""Batches for BPJS: what can be remitted, and the batches that were made."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.ledger import accounts, journal
from agentsys.months import month_of
from agentsys.people import scope
from agentsys.people.models import Office, RoleName
from agentsys.remittances import batches
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.web.finance.blueprint import finance
from agentsys.web.responses import PAGE, after_id, cut, said
from agentsys.web.texts import month_short, num, rp


@finance.get("/setoran-bpjs")
def remittances() -> str:
    """What is ready for BPJS, and the batches, newest first."""
    session = db.session()
    mine = scope.of_office(current_user, Remittance.office_id)
    query = select(Remittance).where(mine).order_by(Remittance.id.desc()).limit(PAGE + 1)
    after = after_id()
    found = session.scalars(query.where(Remittance.id < after) if after else query).all()
    rows, next_url = cut(found, "finance.remittances")
    groups = _ready(session)
    return render_template(
        "finance/remittances.html",
        kpis=_kpis(session, groups),
        groups=groups,
        held=held_back(session),
        writable=current_user.role is not RoleName.AUDITOR,
        remittances=rows,
        next_url=next_url,
    )


@finance.post("/setoran-bpjs")
def create_remittance() -> Response:
    """Batch all that an office can remit now."""
    office = scope.one(
        db.session(),
        Office,
        scope.of_office(current_user, Office.id),
        request.form.get("office_id", 0, type=int),
    )
    try:
        with transaction() as session:
            made = batches.make_batch(session, office_id=office.id, actor_id=current_user.id)
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


def own_remittance(session: Session, remittance_id: int) -> Remittance:
    """A batch of an office that the user may see; NotFound otherwise."""
    found: Remittance = scope.one(
        session, Remittance, scope.of_office(current_user, Remittance.office_id), remittance_id
    )
    return found


def _ready(session: Session) -> list[dict[str, Any]]:
    """What each office can remit now."""
    offices = session.execute(
        select(Office.id, Office.name)
        .where(scope.of_office(current_user, Office.id))
        .order_by(Office.name)
    ).all()
    groups = []
    for office_id, name in offices:
        count, amount, first, last = session.execute(
            select(
                func.count(),
                func.coalesce(func.sum(Contribution.amount_idr), 0),
                func.min(Contribution.month),
                func.max(Contribution.month),
            ).where(batches.remittable(office_id))
        ).one()
        if count:
            months = month_short(first)
            months = months if first == last else f"{months} – {month_short(last)}"
            groups.append(
                {
                    "office_id": office_id,
                    "office_name": name,
                    "months": months,
                    "count": count,
                    "amount_idr": int(amount),
                }
            )
    return groups


def held_back(session: Session) -> dict[str, int]:
    """How many contributions are held back from BPJS in the offices of the user, and their sum."""
    count, amount = session.execute(
        select(func.count(), func.coalesce(func.sum(Contribution.amount_idr), 0)).where(
            Contribution.held_at.is_not(None),
            scope.of_office(current_user, Contribution.office_id),
        )
    ).one()
    return {"count": count, "amount_idr": int(amount)}


def _kpis(session: Session, groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    waiting = Remittance.state.in_(
        (RemittanceState.OPEN, RemittanceState.CODED, RemittanceState.CANCELLING)
    )
    this_month = month_of(clock.now())
    confirmed = (Remittance.state == RemittanceState.CONFIRMED) & (
        func.date_trunc("month", func.timezone("Asia/Jakarta", Remittance.confirmed_at))
        == this_month
    )
    count, under_way, paid = session.execute(
        select(
            func.count().filter(waiting),
            func.coalesce(func.sum(Remittance.amount_idr).filter(waiting), 0),
            func.coalesce(func.sum(Remittance.amount_idr).filter(confirmed), 0),
        ).where(scope.of_office(current_user, Remittance.office_id))
    ).one()
    ready = sum(group["amount_idr"] for group in groups)
    ready_count = sum(group["count"] for group in groups)
    in_bank = journal.balance(session, accounts.BANK)
    return [
        {
            "label": _("Siap disetor"),
            "value": rp(ready),
            "sub": ngettext("%(n)s iuran", "%(n)s iuran", ready_count, n=num(ready_count)),
            "tone": "",
        },
        {
            "label": _("Menunggu LUNAS"),
            "value": rp(int(under_way)),
            "sub": ngettext("%(n)s berkas", "%(n)s berkas", count, n=num(count)),
            "tone": "",
        },
        {"label": _("LUNAS bulan ini"), "value": rp(int(paid)), "sub": "", "tone": ""},
        {
            "label": _("Saldo rekening penampungan"),
            "value": rp(in_bank),
            "sub": _("menurut buku"),
            "tone": "bad" if in_bank < int(under_way) else "",
        },
    ]
