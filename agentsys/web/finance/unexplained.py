"""Money with a provider that no payment of ours explains: booked, then explained or given back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.transfers import repayments, unexplained
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import ExplainForm, ReturnForm, UnexplainedForm
from agentsys.web.finance.gateway_payouts import page, provider_choices, refused_page
from agentsys.web.finance.offices import offer_office
from agentsys.web.responses import check, why


@finance.post("/uang-tak-dikenal")
@needs(Permission.SUSPENSE_RECORD)
def book_unexplained() -> Response | tuple[str, int]:
    """Book that a provider paid out, or holds, more than our payments explain."""
    form = UnexplainedForm(request.form)
    form.odd_provider.choices = provider_choices(db.session())
    offer_office(db.session(), form.odd_office)
    if not form.validate():
        return refused_page(None, odd_form=form)
    try:
        with transaction() as session:
            unexplained.book(
                session,
                provider=form.odd_provider.data,
                amount_idr=form.odd_idr.data or 0,
                reason=form.odd_reason.data or "",
                actor_id=current_user.id,
                office_id=int(form.odd_office.data),
            )
    except Refused as refused:
        return refused_page(refused, odd_form=form)
    flash(_("Uang tak dikenal dicatat dan ditahan. Pencairannya kini dapat dicatat."), "success")
    return redirect(url_for("finance.gateway_payouts"))


@finance.post("/uang-tak-dikenal/jelas")
@needs(Permission.SUSPENSE_EXPLAIN)
def explain_unexplained() -> Response | tuple[str, int]:
    """Reverse the booking, because one of our payments explains the money."""
    form, unexplained_id = ExplainForm(request.form), _about()
    try:
        check(form)
        with transaction() as session:
            unexplained.explain(
                session,
                unexplained_id=unexplained_id,
                note=form.note.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        again = page(db.session(), opened=unexplained_id, explain_form=form, error=why(refused))
        return again, 422
    flash(_("Uangnya sudah jelas; catatannya dibalik."), "success")
    return redirect(url_for("finance.gateway_payouts"))


@finance.post("/uang-tak-dikenal/kembali")
@needs(Permission.TRANSFER_PROPOSE)
def return_unexplained() -> Response | tuple[str, int]:
    """Propose to return the money to its sender."""
    form, unexplained_id = ReturnForm(request.form), _about()
    try:
        check(form)
        with transaction() as session:
            repayments.propose_return(
                session,
                unexplained_id=unexplained_id,
                bank_ref=form.bank_ref.data or "",
                note=form.note.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        again = page(db.session(), opened=unexplained_id, return_form=form, error=why(refused))
        return again, 422
    flash(_("Usul transfer disimpan. Orang kedua membukukannya."), "success")
    return redirect(url_for("finance.gateway_payouts"))


def _about() -> int:
    return request.form.get("unexplained_id", 0, type=int)
