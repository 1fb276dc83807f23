"""Users: who may sign in, as what, and where."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Forbidden, Invalid, NotFound, Refused
from agentsys.people import accounts, scope
from agentsys.people.agents import CodeTaken, add_agent
from agentsys.people.models import Office, Role, RoleName, User
from agentsys.people.passwords import fresh_password, renew_password
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import ROLE_LABELS, UserForm
from agentsys.web.searching import is_private, query_in
from agentsys.web.texts import sentence

PAGE = 50
_LARGEST_ID = 2**63 - 1

admin = blueprint_for("admin", __name__, roles={RoleName.ADMIN}, url_prefix="/admin")


@admin.route("/pengguna", methods=["GET", "POST"])
def users() -> Response | str | tuple[str, int]:
    """The users in the admin's scope, and a form that adds one.

    A new user's password is in the answer itself, once: it is written down nowhere else.
    """
    if request.method == "GET":
        return _page(db.session(), UserForm(formdata=None))
    if "q" in request.form:
        return _search()
    form = UserForm(request.form)
    _fill_choices(db.session(), form)
    if not form.validate():
        return _page(db.session(), form), 422
    password = fresh_password()
    try:
        name = _add(form, password)
    except (NotFound, Forbidden):
        raise
    except Refused as refused:
        form.form_errors.append(sentence(refused.message))
        return _page(db.session(), form), 422
    return _page(db.session(), UserForm(formdata=None), new_code={"name": name, "code": password})


@admin.post("/pengguna/<int:user_id>")
def change_user(user_id: int) -> Response | str:
    """Close or open an account, or give it a new password, which is shown once."""
    found: User = scope.one(db.session(), User, _in_scope(), user_id)
    name, here = found.name, url_for("admin.users")
    action = request.form.get("action", "")
    try:
        with transaction() as session:
            match action:
                case "disable" | "enable":
                    active = action == "enable"
                    accounts.set_active(
                        session, user=found, active=active, actor_id=current_user.id
                    )
                case "reset":
                    password = renew_password(session, user=found, actor_id=current_user.id)
                case _:
                    raise Invalid("Pilih tindakan.")
    except Invalid as refused:
        flash(sentence(refused.message), "error")
        return redirect(here)
    if action == "reset":
        return _page(
            db.session(), UserForm(formdata=None), new_code={"name": name, "code": password}
        )
    flash(
        _("Akun %(name)s dibuka.", name=name)
        if action == "enable"
        else _("Akun %(name)s ditutup. Sesinya berakhir sekarang juga.", name=name),
        "success",
    )
    return redirect(here)


def _search() -> Response | str:
    query = query_in(request.form)
    if not is_private(query):
        return redirect(url_for("admin.users", q=query or None), 303)
    return _page(db.session(), UserForm(formdata=None), query=query)


def _add(form: UserForm, password: str) -> str:
    role = RoleName(form.role.data)
    try:
        with transaction() as session:
            user = accounts.add_user(
                session,
                name=form.name.data or "",
                role=role,
                phone=form.phone.data or "",
                email=form.email.data or "",
                password=password,
                office_id=int(form.office.data) if form.office.data else None,
                actor_id=current_user.id,
                must_change_password=True,
            )
            if role is RoleName.AGENT:
                supervisor = session.get(User, int(form.supervisor.data or 0))
                add_agent(
                    session,
                    user=user,
                    code=form.code.data or "",
                    supervisor=supervisor,
                    area=form.area.data or "",
                    actor_id=current_user.id,
                )
            return user.name
    except IntegrityError as error:
        # Two admins at the same moment: the constraint saw what the check could not.
        taken = "agents" in str(error.orig)
        raise (CodeTaken() if taken else accounts.AlreadyRegistered()) from error


def _in_scope() -> ColumnElement[bool]:
    return scope.of_office(current_user, User.office_id)


def _fill_choices(session: Session, form: UserForm) -> None:
    """Offices and supervisors that this admin may choose; all offices for who sees them all."""
    offices = session.execute(
        select(Office.id, Office.name)
        .where(scope.of_office(current_user, Office.id))
        .order_by(Office.name)
    )
    everywhere = [SelectChoice("", _("Semua kantor"))] if current_user.office_id is None else []
    form.office.choices = everywhere + [SelectChoice(str(key), name) for key, name in offices]
    supervisors = session.execute(
        select(User.id, User.name, Office.name)
        .join(User.roles)
        .join(Office, Office.id == User.office_id)
        .where(_in_scope(), Role.name == RoleName.SUPERVISOR, User.active)
        .order_by(Office.name, User.name)
    )
    form.supervisor.choices = [SelectChoice("", _("Belum ditunjuk"))] + [
        SelectChoice(str(key), name, optgroup=office) for key, name, office in supervisors
    ]


def _page(
    session: Session, form: UserForm, *, query: str = "", new_code: dict[str, str] | None = None
) -> str:
    _fill_choices(session, form)
    named = query_in(request.args)
    query = query or ("" if is_private(named) else named)
    rows = _listed(session, query)
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    return render_template(
        "admin/users.html",
        form=form,
        users=[_row(user) for user in rows],
        new_code=new_code,
        q=query,
        private=is_private(query),
        after=rows[-1].id if more else "",
        next_url=url_for("admin.users", q=query, after=rows[-1].id)
        if more and not is_private(query)
        else "",
    )


def _listed(session: Session, query: str) -> list[User]:
    found = select(User).where(_in_scope()).order_by(User.name, User.id).limit(PAGE + 1)
    if query:
        digits = "".join(letter for letter in query if letter.isdigit()).removeprefix("0")
        words = [
            User.name.icontains(query, autoescape=True),
            User.email.icontains(query, autoescape=True),
        ]
        if len(digits) >= 4:
            words.append(User.phone.contains(digits, autoescape=True))
        found = found.where(or_(*words))
    after = request.values.get("after", 0, type=int)
    if 0 < after <= _LARGEST_ID:
        name = session.scalar(select(User.name).where(User.id == after, _in_scope()))
        found = found.where(tuple_(User.name, User.id) > (name or "", after))
    return list(session.scalars(found).unique())


def _row(user: User) -> dict[str, Any]:
    status = "active" if user.active else "disabled"
    return {
        "id": user.id,
        "name": user.name,
        "login": user.phone or user.email,
        "role_label": ROLE_LABELS[user.role],
        "office_name": user.office.name if user.office else "",
        "status": "locked" if user.active and user.is_locked() else status,
        "own": user.id == current_user.id,
    }
