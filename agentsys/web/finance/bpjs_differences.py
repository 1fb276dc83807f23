"""Differences of a batch with BPJS: one person explains them, another one decides."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.remittances import differences, settlements
from agentsys.remittances.difference_models import SettlementState, SettlementWay
from agentsys.remittances.settlements import SettlementAction
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import DifferenceForm
from agentsys.web.finance.remittance import refused_page
from agentsys.web.finance.remittances import own_remittance
from agentsys.web.responses import check, said

_LONGEST_ID = 18


@finance.post("/setoran-bpjs/<int:remittance_id>/selisih")
@needs(Permission.REMITTANCE_CONFIRM)
def explain_difference(remittance_id: int) -> Response | tuple[str, int]:
    """Explain the chosen differences, and propose how they end."""
    own_remittance(db.session(), remittance_id)
    form = DifferenceForm(request.form)
    chosen = {_id(text) for text in request.form.getlist("difference_id")}
    try:
        check(form)
        with transaction() as session:
            differences.propose(
                session,
                remittance_id=remittance_id,
                difference_ids=chosen,
                way=SettlementWay(form.way.data),
                reason=form.reason.data or "",
                bank_ref=form.bank_ref.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return refused_page(remittance_id, refused, explained=request.form)
    flash(_("Usul disimpan. Orang kedua menyelesaikan selisihnya."), "success")
    return redirect(url_for("finance.remittance", remittance_id=remittance_id))


@finance.post("/setoran-bpjs/<int:remittance_id>/selisih/putusan")
@needs(Permission.TRANSFER_BOOK)
def decide_settlement(remittance_id: int) -> Response:
    """Book a proposed settlement as a second person, or refuse it."""
    own_remittance(db.session(), remittance_id)
    here = url_for("finance.remittance", remittance_id=remittance_id)
    action = request.form.get("action", "")
    if action not in set(SettlementAction):
        raise NotFound()
    try:
        with transaction() as session:
            decided = settlements.decide_settlement(
                session,
                settlement_id=_id(request.form.get("settlement_id", "")),
                action=SettlementAction(action),
                actor_id=current_user.id,
                shared_bank=runtime().settings.shared_bank_account,
            )
            booked = decided.state is SettlementState.BOOKED
    except Refused as refused:
        return said(refused, here)
    flash(_("Selisih diselesaikan.") if booked else _("Usul ditolak; selisihnya terbuka lagi."))
    return redirect(here)


def _id(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID):
        raise NotFound()
    return int(text)
