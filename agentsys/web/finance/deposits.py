"""Cash that agents handed over: a second person counts it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.payments import cash, deposit_queries
from agentsys.payments.deposit_queries import DepositRow, WaitingDeposits
from agentsys.payments.models import DepositState
from agentsys.people.models import RoleName
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
    name = deposit_queries.deposit(db.session(), current_user, deposit_id).agent_name
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
    found = deposit_queries.deposits(
        session, current_user, state=_TABS[tab], after=after_id(), limit=PAGE + 1
    )
    rows, next_url = cut(found, "finance.deposits", f=tab)
    waiting = deposit_queries.waiting_deposits(session, current_user)
    labels = {
        "menunggu": _("Menunggu"),
        "dikonfirmasi": _("Dikonfirmasi"),
        "dikembalikan": _("Dikembalikan"),
    }
    may = current_user.role in (RoleName.FINANCE, RoleName.ADMIN)
    return render_template(
        "finance/deposits.html",
        kpis=_kpis(session, waiting),
        tabs=[
            {
                "label": labels[name],
                "count": waiting.count if name == "menunggu" else None,
                "url": url_for("finance.deposits", f=name),
                "current": name == tab,
            }
            for name in _TABS
        ],
        decidable=may and _TABS[tab] is DepositState.DECLARED,
        deposits=[_row(deposit) for deposit in rows],
        next_url=next_url,
        opened=opened,
        form=form or DepositForm(formdata=None),
        error=error,
    )


def _kpis(session: Session, waiting: WaitingDeposits) -> list[dict[str, Any]]:
    held = deposit_queries.undeposited_cash(session, current_user)
    oldest = waiting.oldest_at
    late = oldest is not None and (clock.now() - oldest).days > OLD_DAYS
    return [
        {
            "label": _("Menunggu dihitung"),
            "value": rp(waiting.amount_idr),
            "sub": ngettext("%(num)s setoran", "%(num)s setoran", waiting.count),
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
            "value": rp(held),
            "sub": _("belum diajukan"),
            "tone": "",
        },
    ]


def _row(deposit: DepositRow) -> dict[str, Any]:
    return {
        "id": deposit.id,
        "agent_name": deposit.agent_name,
        "area": deposit.area,
        "amount_idr": deposit.amount_idr,
        "evidence": deposit.evidence,
        "declared_at": deposit.declared_at,
        "receipts": deposit.receipts,
        "state": deposit.state.value,
        "reason": deposit.reason,
        "own": deposit.is_own_of(current_user),
    }
