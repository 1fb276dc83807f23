"""The bank account of one office: proposed by one admin, approved by another."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Conflict, Refused
from agentsys.people import queries
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.transfers import office_accounts as service
from agentsys.web.access import blueprint_for
from agentsys.web.forms import Form
from agentsys.web.responses import blaming, said
from agentsys.web.second_persons import wait_for
from agentsys.web.texts import lazy


class AccountForm(Form):
    """A bank account."""

    bank = StringField(lazy("Bank"), validators=[InputRequired(), Length(max=60)])
    holder = StringField(
        lazy("Nama pemilik rekening"), validators=[InputRequired(), Length(max=120)]
    )
    number = StringField(lazy("Nomor rekening"), validators=[InputRequired(), Length(max=40)])


office_accounts = blueprint_for(
    "office_accounts",
    __name__,
    permission=Permission.OFFICE_MANAGE,
    url_prefix="/admin/kantor/<int:office_id>/rekening",
)


@office_accounts.get("")
def show(office_id: int) -> str:
    """The account that counts, the one that waits, and a form to propose another."""
    return _page(office_id, AccountForm(formdata=None))


@office_accounts.post("")
def propose(office_id: int) -> Response | tuple[str, int]:
    """Propose another account; nothing changes before another admin approves it."""
    queries.office_in_scope(db.session(), current_user, office_id)
    form = AccountForm(request.form)
    if form.validate():
        with blaming(form):
            _propose(office_id, form)
            flash(_("Usul rekening disimpan. Admin lain menyetujuinya."), "success")
            return redirect(url_for("office_accounts.show", office_id=office_id))
    return _page(office_id, form), 422


@office_accounts.post("/putuskan")
def decide(office_id: int) -> Response:
    """Approve the waiting account as another admin, or refuse it."""
    queries.office_in_scope(db.session(), current_user, office_id)
    here = url_for("office_accounts.show", office_id=office_id)
    approve = request.form.get("action") == "approve"
    try:
        with transaction() as session:
            service.decide(
                session,
                office_id=office_id,
                account_id=request.form.get("seen", 0, type=int),
                approve=approve,
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(
        _("Rekening kantor diganti.") if approve else _("Usul rekening ditolak."),
        "success",
    )
    return redirect(here)


def _propose(office_id: int, form: Any) -> None:
    try:
        with transaction() as session:
            service.propose(
                session,
                vault=runtime().vault,
                office_id=office_id,
                bank=form.bank.data or "",
                holder=form.holder.data or "",
                number=form.number.data or "",
                actor_id=current_user.id,
            )
    except IntegrityError as error:
        raise Conflict() from error


def _page(office_id: int, form: AccountForm) -> str:
    session = db.session()
    found = queries.office_in_scope(session, current_user, office_id)
    waiting = service.waiting(session, vault=runtime().vault, office_id=office_id)
    return render_template(
        "admin/office_account.html",
        office=found,
        current=service.current(session, office_id=office_id),
        waiting=waiting,
        own=waiting is not None and waiting.proposed_by == current_user.id,
        not_yet=wait_for(waiting.proposed_by) if waiting else "",
        form=form,
    )
