"""One user: changing name, sign-in and office, what was changed before, and leaving."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Conflict, Invalid
from agentsys.people import accounts, queries, scope, user_changes
from agentsys.people.permissions import Permission
from agentsys.web.access import blueprint_for
from agentsys.web.admin_changes import changes_of
from agentsys.web.admin_forms import chosen_id
from agentsys.web.forms import Form
from agentsys.web.responses import blaming, said
from agentsys.web.texts import lazy
from agentsys.work import leaving


class UserDataForm(Form):
    """A user's name, sign-in and office."""

    name = StringField(lazy("Nama"), validators=[InputRequired(), Length(max=120)])
    phone = StringField(lazy("Nomor HP"), validators=[Length(max=30)])
    email = StringField(lazy("E-mail"), validators=[Length(max=254)])
    office = SelectField(lazy("Kantor"))


class LeavingForm(Form):
    """Who takes the work over."""

    to = SelectField(lazy("Serahkan kepada"))


user_data = blueprint_for(
    "user_data", __name__, permission=Permission.USER_MANAGE, url_prefix="/admin/pengguna"
)


@user_data.route("/<int:user_id>/data", methods=["GET", "POST"])
def change(user_id: int) -> Response | str | tuple[str, int]:
    """A form to change one user, and who changed what before."""
    session = db.session()
    found = queries.user_in_scope(session, current_user, user_id)
    known = {
        "name": found.name,
        "phone": found.phone or "",
        "email": found.email or "",
        "office": str(found.office_id or ""),
    }
    form = UserDataForm(request.form if request.method == "POST" else None, data=known)
    form.office.choices = _offices(session)
    if request.method == "POST" and form.validate():
        with blaming(form):
            _change(user_id, form)
            flash(_("Data %(name)s disimpan.", name=form.name.data), "success")
            return redirect(url_for("user_data.change", user_id=user_id))
    page = render_template(
        "admin/user.html",
        user=found,
        form=form,
        own=found.id == current_user.id,
        changes=changes_of(f"user:{user_id}"),
    )
    return (page, 422) if form.errors else page


@user_data.route("/<int:user_id>/berhenti", methods=["GET", "POST"])
def leave(user_id: int) -> Response | str | tuple[str, int]:
    """What somebody who leaves would leave behind, who takes it over, and closing the account."""
    session = db.session()
    found = queries.user_in_scope(session, current_user, user_id)
    form = LeavingForm(request.form if request.method == "POST" else None)
    form.to.choices = [SelectChoice("", _("Pilih rekan"))] + [
        SelectChoice(str(choice.id), choice.name)
        for choice in leaving.successors(session, user_id=user_id)
    ]
    if request.method == "POST" and form.validate():
        with blaming(form):
            with transaction() as writing:
                leaving.close_account(
                    writing,
                    user_id=user_id,
                    to_id=chosen_id(form.to.data),
                    actor_id=current_user.id,
                )
            told = _("Akun %(name)s ditutup. Sesinya berakhir sekarang juga.", name=found.name)
            flash(told, "success")
            return redirect(url_for("admin.users"))
    page = render_template(
        "admin/leaving.html",
        user=found,
        left=leaving.left_open(db.session(), user_id=user_id),
        form=form,
    )
    return (page, 422) if form.errors else page


def close_at_once(user_id: int) -> Response | None:
    """Close an account without open work; otherwise the page on which the work is handed over."""
    try:
        with transaction() as session:
            leaving.close_account(session, user_id=user_id, to_id=None, actor_id=current_user.id)
    except Conflict as refused:
        return said(refused, url_for("user_data.leave", user_id=user_id))
    except Invalid as refused:
        return said(refused, url_for("admin.users"))
    return None


def _change(user_id: int, form: Any) -> None:
    try:
        with transaction() as session:
            user_changes.change_user(
                session,
                user_id=user_id,
                name=form.name.data or "",
                phone=form.phone.data or "",
                email=form.email.data or "",
                office_id=chosen_id(form.office.data),
                actor_id=current_user.id,
            )
    except IntegrityError as error:
        # Two admins at the same time: the check passed, but the unique constraint failed.
        raise accounts.AlreadyRegistered() from error


def _offices(session: Session) -> list[SelectChoice]:
    everywhere = [SelectChoice("", _("Semua kantor"))] if current_user.office_id is None else []
    return everywhere + [
        SelectChoice(str(number), name) for number, name in scope.offices(session, current_user)
    ]
