"""Giving a sponsor back what was paid too much, and taking what the sponsor owes: by transfer."""

from __future__ import annotations

from flask import flash, redirect, request
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.ledger import accounts
from agentsys.people.permissions import Permission
from agentsys.sponsors import queries
from agentsys.transfers import repayments
from agentsys.web.access import needs
from agentsys.web.responses import blaming
from agentsys.web.sponsors.agreement import here, page
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import EndForm, MoneyForm

_ACCOUNTS = {"owed": accounts.owed_to_sponsor, "claim": accounts.claim_on_sponsor}


@sponsors.post("/perjanjian/<int:agreement_id>/transfer")
@needs(Permission.TRANSFER_PROPOSE)
def propose_return(agreement_id: int) -> Response | str | tuple[Response | str, int]:
    """Propose a transfer that returns what a sponsor paid too much, or that came for a claim."""
    found = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    account = _ACCOUNTS.get(request.form.get("what", ""))
    if account is None:
        raise NotFound()
    form = MoneyForm(request.form)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                repayments.propose(
                    session,
                    account=account(found.id, found.office_id),
                    amount_idr=form.amount.data or 0,
                    bank_ref=form.bank_ref.data or "",
                    note=form.note.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Usul transfer disimpan. Orang kedua membukukannya."), "success")
            return redirect(here(found.id))
    return page(found.id, EndForm(formdata=None), form), 422
