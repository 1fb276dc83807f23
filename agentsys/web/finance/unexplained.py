"""Money with a provider that no payment of ours explains: booked, then explained or given back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.transfers import settling, unexplained
from agentsys.web.finance.answers import check, said
from agentsys.web.finance.forms import ReturnForm, UnexplainedForm
from agentsys.web.finance.room import finance
from agentsys.web.finance.settlements import provider_choices


@finance.post("/uang-tak-dikenal")
def book_unexplained() -> Response:
    """Book that a provider paid out, or holds, more than our payments explain."""
    form = UnexplainedForm(request.form)
    form.odd_provider.choices = provider_choices(db.session())
    try:
        check(form)
        with transaction() as session:
            unexplained.set_aside(
                session,
                provider=form.odd_provider.data,
                amount_idr=form.odd_idr.data or 0,
                reason=form.odd_reason.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, url_for("finance.settlements"))
    flash(_("Uang tak dikenal dicatat dan ditahan. Pencairannya kini dapat dicatat."), "success")
    return redirect(url_for("finance.settlements"))


@finance.post("/uang-tak-dikenal/jelas")
def explain_unexplained() -> Response:
    """Undo the booking, because a payment of ours explains the money."""
    try:
        with transaction() as session:
            unexplained.explain(
                session,
                unexplained_id=request.form.get("unexplained_id", 0, type=int),
                note=request.form.get("note", ""),
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, url_for("finance.settlements"))
    flash(_("Uangnya sudah jelas; catatannya dibalik."), "success")
    return redirect(url_for("finance.settlements"))


@finance.post("/uang-tak-dikenal/kembali")
def return_unexplained() -> Response:
    """Propose that the money goes back to whoever it was from."""
    form = ReturnForm(request.form)
    try:
        check(form)
        with transaction() as session:
            settling.propose_return(
                session,
                unexplained_id=request.form.get("unexplained_id", 0, type=int),
                bank_ref=form.bank_ref.data or "",
                note=form.note.data or "",
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, url_for("finance.settlements"))
    flash(_("Usul transfer disimpan. Orang kedua membukukannya."), "success")
    return redirect(url_for("finance.settlements"))
