"""A bill's virtual account: choosing a bank, asking again, and cancelling."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.sponsors import bill_queries, virtual_accounts
from agentsys.sponsors.bill_queries import BillRow
from agentsys.web.access import needs
from agentsys.web.responses import said
from agentsys.web.sponsors import virtual_account_views
from agentsys.web.sponsors.bill import here
from agentsys.web.sponsors.blueprint import sponsors


@sponsors.post("/tagihan/<int:bill_id>/va")
@needs(Permission.SPONSOR_PAYMENT_RECORD)
def ask_virtual_account(bill_id: int) -> Response:
    """Have a virtual account opened for a bill; sending the same key again changes nothing."""
    found = _bill(bill_id)
    form = request.form
    try:
        channel = runtime().registry.channels.get(form.get("channel", ""))
        if channel is None:
            raise Invalid("Pilih bank.")
        with transaction() as session:
            virtual_accounts.ask(
                session,
                key=form.get("key", ""),
                channel=channel,
                bill_id=found.id,
                actor_id=current_user.id,
                shown_idr=form.get("shown_idr", 0, type=int),
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here(found.id))
    return redirect(here(found.id))


@sponsors.get("/tagihan/<int:bill_id>/va/keadaan")
@needs(Permission.SPONSOR_READ)
def virtual_account_state(bill_id: int) -> str:
    """The fragment that the bill's page polls while a virtual account is open."""
    state = virtual_account_views.state(db.session(), _bill(bill_id))
    return render_template("sponsors/_virtual_account.html", payment=state)


@sponsors.post("/tagihan/<int:bill_id>/va/periksa")
@needs(Permission.SPONSOR_PAYMENT_RECORD)
def check_virtual_account(bill_id: int) -> Response:
    """Have the provider asked now, and for the number if that never came."""
    found = _bill(bill_id)
    try:
        _running(db.session(), found)
        with transaction() as session:
            virtual_accounts.ask_provider(session, bill_id=found.id, actor=current_user)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here(found.id))
    return redirect(here(found.id))


@sponsors.post("/tagihan/<int:bill_id>/va/batal")
@needs(Permission.SPONSOR_PAYMENT_RECORD)
def cancel_virtual_account(bill_id: int) -> Response:
    """Cancel a virtual account that is not paid; money that came meanwhile is booked."""
    found = _bill(bill_id)
    try:
        _running(db.session(), found)
        with transaction() as session:
            virtual_accounts.cancel(session, bill_id=found.id, actor=current_user)
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here(found.id))
    flash(_("Pembatalan diminta. Beri tahu sponsor agar tidak membayar ke nomor itu."), "success")
    return redirect(here(found.id))


def _bill(bill_id: int) -> BillRow:
    return bill_queries.bill_in_scope(db.session(), current_user, bill_id)


def _running(session: Session, bill: BillRow) -> None:
    state = virtual_account_views.state(session, bill)
    if state is None:
        raise NotFound()
    if not state["channel_runs"]:
        raise Refused("Bank ini sedang tidak aktif. Tanyakan ke admin sebelum menagih lagi.")
