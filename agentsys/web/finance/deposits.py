"""Cash that agents handed over: a second person counts it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments import cash
from agentsys.payments.models import Deposit, DepositState, Payment
from agentsys.people import scope
from agentsys.people.models import Agent, RoleName
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import DepositForm
from agentsys.web.responses import PAGE, after_id, check, cut, why
from agentsys.web.texts import ago, rp

OLD_DAYS = 1  # a deposit that waits longer keeps contributions from BPJS
_TABS = {
    "menunggu": DepositState.DECLARED,
    "dikonfirmasi": DepositState.CONFIRMED,
    "dikembalikan": DepositState.RETURNED,
}


@finance.get("/setoran-agen")
def deposits() -> str:
    """The deposits that wait for a second person, the oldest first; and those decided."""
    return _page(db.session(), opened=request.args.get("periksa", type=int))


@finance.post("/setoran-agen/<int:deposit_id>")
def decide_deposit(deposit_id: int) -> Response | tuple[str, int]:
    """Confirm a deposit with the sum that was counted, or return it with a reason."""
    form = DepositForm(request.form)
    condition = scope.of_office(current_user, Deposit.office_id)
    found = scope.one(db.session(), Deposit, condition, deposit_id)
    name = found.agent.name
    try:
        check(form)
        with transaction() as session:
            decided = cash.decide_deposit(
                session,
                deposit_id=deposit_id,
                action=cash.DepositAction(form.action.data),
                actor=current_user,
                counted_idr=form.counted_idr.data,
                reason=form.reason.data or "",
            )
            confirmed, amount = decided.state is DepositState.CONFIRMED, decided.amount_idr
    except Refused as refused:
        return _page(db.session(), opened=deposit_id, form=form, error=why(refused)), 422
    text = (
        _("Setoran %(sum)s dari %(name)s dikonfirmasi.", sum=rp(amount), name=name)
        if confirmed
        else _("Setoran %(sum)s dikembalikan kepada %(name)s.", sum=rp(amount), name=name)
    )
    flash(text, "success")
    return redirect(url_for("finance.deposits"))


def _page(
    session: Session, *, opened: int | None, form: DepositForm | None = None, error: str = ""
) -> str:
    tab = request.args.get("f", "menunggu")
    tab = tab if tab in _TABS else "menunggu"
    mine = scope.of_office(current_user, Deposit.office_id)
    rows, next_url = cut(_listed(session, _TABS[tab]), "finance.deposits", f=tab)
    counts = _receipt_counts(session, [row.id for row in rows])
    waiting, waiting_idr, oldest = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Deposit.amount_idr), 0),
            func.min(Deposit.declared_at),
        ).where(mine, Deposit.state == DepositState.DECLARED)
    ).one()
    labels = {
        "menunggu": _("Menunggu"),
        "dikonfirmasi": _("Dikonfirmasi"),
        "dikembalikan": _("Dikembalikan"),
    }
    may = current_user.role in (RoleName.FINANCE, RoleName.ADMIN)
    return render_template(
        "finance/deposits.html",
        kpis=_kpis(session, waiting, int(waiting_idr), oldest),
        tabs=[
            {
                "label": labels[name],
                "count": waiting if name == "menunggu" else None,
                "url": url_for("finance.deposits", f=name),
                "current": name == tab,
            }
            for name in _TABS
        ],
        decidable=may and _TABS[tab] is DepositState.DECLARED,
        deposits=[_row(deposit, counts.get(deposit.id, 0)) for deposit in rows],
        next_url=next_url,
        opened=opened,
        form=form or DepositForm(formdata=None),
        error=error,
    )


def _listed(session: Session, state: DepositState) -> list[Deposit]:
    query = (
        select(Deposit)
        .join(Deposit.agent)
        .options(contains_eager(Deposit.agent))
        .where(scope.of_office(current_user, Deposit.office_id), Deposit.state == state)
        .limit(PAGE + 1)
    )
    after = after_id()
    if state is DepositState.DECLARED:
        query = query.order_by(Deposit.id)
        return list(session.scalars(query.where(Deposit.id > after) if after else query))
    query = query.order_by(Deposit.id.desc())
    return list(session.scalars(query.where(Deposit.id < after) if after else query))


def _receipt_counts(session: Session, ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        select(Payment.deposit_id, func.count())
        .where(Payment.deposit_id.in_(ids))
        .group_by(Payment.deposit_id)
    )
    return {deposit_id: count for deposit_id, count in rows if deposit_id is not None}


def _kpis(session: Session, waiting: int, waiting_idr: int, oldest: Any) -> list[dict[str, Any]]:
    held = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_idr), 0)).where(
            Payment.custody == Custody.AGENT,
            Payment.deposit_id.is_(None),
            Payment.state == PaymentState.SETTLED,
            Payment.agent_id.in_(select(Agent.id).where(scope.agents(current_user))),
        )
    )
    late = oldest is not None and (clock.now() - oldest).days > OLD_DAYS
    return [
        {
            "label": _("Menunggu dihitung"),
            "value": rp(waiting_idr),
            "sub": ngettext("%(num)s setoran", "%(num)s setoran", waiting),
            "tone": "",
        },
        {
            "label": _("Menunggu paling lama"),
            "value": ago(oldest) if oldest else "–",
            "sub": "",
            "tone": "warn" if late else "",
        },
        {
            "label": _("Masih di tangan agen"),
            "value": rp(int(held or 0)),
            "sub": _("belum diajukan"),
            "tone": "",
        },
    ]


def _row(deposit: Deposit, receipts: int) -> dict[str, Any]:
    return {
        "id": deposit.id,
        "agent_name": deposit.agent.name,
        "area": deposit.agent.area,
        "amount_idr": deposit.amount_idr,
        "evidence": deposit.evidence,
        "declared_at": deposit.declared_at,
        "receipts": receipts,
        "state": deposit.state.value,
        "reason": deposit.reason,
        "own": current_user.id in (deposit.declared_by, deposit.agent.user_id),
    }
