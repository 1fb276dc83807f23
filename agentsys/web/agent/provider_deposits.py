"""Deposits that the agent pays to a bank's virtual account: choosing the bank, and paying."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentChannel
from agentsys.payments import payment_lookup, provider_deposits
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import payment_views
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.cash import cash_page
from agentsys.web.responses import said
from agentsys.web.texts import sentence


@agent.post("/setoran/va")
@needs(Permission.DEPOSIT_DECLARE)
def deposit_by_provider() -> Response | tuple[str, int]:
    """Declare a deposit of all cash at a bank; sending the same key again changes nothing."""
    form = request.form
    mine = scope.own_agent(db.session(), current_user)
    try:
        channel = _channel(form.get("channel", ""))
        with transaction() as session:
            declared = provider_deposits.declare_by_provider(
                session,
                key=form.get("key", ""),
                channel=channel,
                agent_id=mine.id,
                actor_id=current_user.id,
                shown_idr=form.get("shown_idr", 0, type=int),
            ).id
    except NotFound:
        raise
    except Refused as refused:
        page = cash_page(
            db.session(),
            key=form.get("key", ""),
            bank_error=sentence(refused.message),
            bank=form.get("channel", ""),
        )
        return page, 422
    return redirect(url_for("agent.paid_deposit", paid_deposit_id=declared))


@agent.get("/setoran/<int:paid_deposit_id>/bayar")
@needs(Permission.OWN_CASH_READ)
def paid_deposit(paid_deposit_id: int) -> str:
    """The number to pay to, until the provider has reported how the deposit ended."""
    return render_template("agent/deposit.html", payment=_state(db.session(), paid_deposit_id))


@agent.get("/setoran/<int:paid_deposit_id>/bayar/keadaan")
@needs(Permission.OWN_CASH_READ)
def paid_deposit_state(paid_deposit_id: int) -> str:
    """The fragment that the deposit's page polls."""
    return render_template(
        "agent/_deposit_state.html", payment=_state(db.session(), paid_deposit_id)
    )


@agent.post("/setoran/<int:paid_deposit_id>/bayar/periksa")
@needs(Permission.DEPOSIT_DECLARE)
def check_deposit(paid_deposit_id: int) -> Response:
    """Have the provider asked now, and for the number to pay to if that never came."""
    page = url_for("agent.paid_deposit", paid_deposit_id=paid_deposit_id)
    try:
        _running_channel(paid_deposit_id)
        with transaction() as session:
            provider_deposits.ask_provider(session, deposit_id=paid_deposit_id, actor=current_user)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, page)
    return redirect(page)


@agent.post("/setoran/<int:paid_deposit_id>/bayar/batal")
@needs(Permission.DEPOSIT_DECLARE)
def cancel_deposit(paid_deposit_id: int) -> Response:
    """Cancel a deposit that is not paid; if it was paid meanwhile, the money is booked."""
    page = url_for("agent.paid_deposit", paid_deposit_id=paid_deposit_id)
    try:
        _running_channel(paid_deposit_id)
        with transaction() as session:
            provider_deposits.cancel(session, deposit_id=paid_deposit_id, actor=current_user)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, page)
    return redirect(page)


def _state(session: Session, deposit_id: int) -> dict[str, Any]:
    found = payment_lookup.deposit_payment_in_scope(
        session, current_user, deposit_id, to=Permission.OWN_CASH_READ
    )
    state = payment_views.payment_state(session, found)
    may = current_user.can(Permission.DEPOSIT_DECLARE)
    return state | {"deposit_id": deposit_id, "may_act": may and state["channel_runs"]}


def _channel(name: str) -> PaymentChannel:
    channel = runtime().registry.channels.get(name)
    if channel is None:
        raise Invalid("Pilih bank.")
    return channel


def _running_channel(deposit_id: int) -> None:
    found = payment_lookup.deposit_payment_in_scope(
        db.session(), current_user, deposit_id, to=Permission.DEPOSIT_DECLARE
    )
    if found.channel not in runtime().registry.channels:
        raise Refused("Bank ini sedang tidak aktif. Tanyakan ke kantor sebelum menyetor lagi.")
