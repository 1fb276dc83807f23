"""The agent's own shortage: asking to have it deducted from commission."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.money import rupiah
from agentsys.payments import deductions
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.responses import said


@agent.post("/setoran/potongan")
@needs(Permission.DEPOSIT_DECLARE)
def ask_deduction() -> Response:
    """Ask to have the own shortage deducted from commission."""
    mine = scope.own_agent(db.session(), current_user)
    try:
        amount = _amount(request.form.get("amount", ""))
        with transaction() as session:
            deductions.ask(
                session,
                agent_id=mine.id,
                amount_idr=amount,
                note=request.form.get("note", ""),
                actor=current_user,
            )
    except Refused as refused:
        return said(refused, url_for("agent.cash"))
    flash(_("Permintaan potongan komisi dikirim. Kantor memutuskannya."), "success")
    return redirect(url_for("agent.cash"))


@agent.post("/setoran/potongan/<int:deduction_id>/tarik")
@needs(Permission.DEPOSIT_DECLARE)
def withdraw_deduction(deduction_id: int) -> Response:
    """Withdraw the own request before the office decides."""
    try:
        with transaction() as session:
            deductions.decide_deduction(
                session,
                deduction_id=deduction_id,
                action=deductions.DeductionAction.WITHDRAW,
                actor=current_user,
            )
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, url_for("agent.cash"))
    flash(_("Permintaan potongan komisi ditarik."), "success")
    return redirect(url_for("agent.cash"))


def _amount(text: str) -> int:
    try:
        return rupiah(text)
    except ValueError as error:
        raise Invalid("Isi jumlah dalam rupiah, misalnya 50.000.") from error
