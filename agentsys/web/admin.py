"""Pages of users: adding them, closing accounts, new passwords."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Forbidden, Invalid, NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import accounts, queries, scope
from agentsys.people.agents import CodeTaken, add_agent
from agentsys.people.passwords import fresh_password, renew_password
from agentsys.people.permissions import Permission, roles_with
from agentsys.people.roles import roles_named
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import UserForm, chosen_id, role_words
from agentsys.web.admin_users import close_at_once
from agentsys.web.lists import ListPage, ListView, is_list_post
from agentsys.web.texts import day, lazy, sentence

STATES = {
    "active": lazy("Aktif"),
    "locked": lazy("Terkunci sementara"),
    "disabled": lazy("Dinonaktifkan"),
}


def _roles(user: queries.UserRow) -> str:
    return role_words(user.roles)


USERS = ListPage(
    endpoint="admin.users",
    title=lazy("Pengguna"),
    search=lazy("Nama, nomor HP, atau e-mail"),
    sorts={"name": lazy("Nama"), "created": lazy("Ditambahkan")},
    states=STATES,
    dates=True,
    filename="pengguna",
    columns=(
        (lazy("Nama"), lambda user: user.name),
        (lazy("Nomor HP atau e-mail"), lambda user: user.login),
        (lazy("Peran"), _roles),
        (lazy("Kantor"), lambda user: user.office_name or _("semua kantor")),
        (lazy("Status"), lambda user: str(STATES[user.status])),
        (lazy("Ditambahkan"), lambda user: day(user.created_at)),
    ),
)

admin = blueprint_for("admin", __name__, permission=Permission.USER_MANAGE, url_prefix="/admin")


@admin.route("/pengguna", methods=["GET", "POST"])
def users() -> Response | str | tuple[str, int]:
    """The users in the admin's scope, and a form that adds one.

    A new user's password is shown once in this answer, and stored nowhere.
    """
    if request.method == "GET" or is_list_post():
        return _list()
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
    found = queries.user_in_scope(db.session(), current_user, user_id)
    name, here = found.name, url_for("admin.users")
    action = request.form.get("action", "")
    if action == "disable" and (has_work := close_at_once(found.id)) is not None:
        return has_work
    try:
        with transaction() as session:
            match action:
                case "disable":
                    pass
                case "enable":
                    accounts.set_active(
                        session, user_id=found.id, active=True, actor_id=current_user.id
                    )
                case "reset":
                    password = renew_password(session, user_id=found.id, actor_id=current_user.id)
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


def _add(form: UserForm, password: str) -> str:
    roles = roles_named(form.roles.data or ())
    try:
        with transaction() as session:
            user = accounts.add_user(
                session,
                name=form.name.data or "",
                roles=roles,
                phone=form.phone.data or "",
                email=form.email.data or "",
                password=password,
                office_id=int(form.office.data) if form.office.data else None,
                actor_id=current_user.id,
                must_change_password=True,
            )
            if roles & roles_with(Permission.PORTFOLIO_READ):
                add_agent(
                    session,
                    user_id=user.id,
                    code=form.code.data or "",
                    supervisor_id=chosen_id(form.supervisor.data),
                    area=form.area.data or "",
                    appointed_on=form.appointed_on.data,
                    actor_id=current_user.id,
                )
            return user.name
    except IntegrityError as error:
        # Two admins at the same time: the check passed, but the unique constraint failed.
        taken = "agents" in str(error.orig)
        raise (CodeTaken() if taken else accounts.AlreadyRegistered()) from error


def _fill_choices(session: Session, form: UserForm) -> None:
    """Fill in the offices and supervisors that this admin may choose."""
    everywhere = [SelectChoice("", _("Semua kantor"))] if current_user.office_id is None else []
    form.office.choices = everywhere + [
        SelectChoice(str(number), name) for number, name in scope.offices(session, current_user)
    ]
    form.supervisor.choices = [SelectChoice("", _("Belum ditunjuk"))] + [
        SelectChoice(str(leader.id), leader.name, optgroup=leader.group)
        for leader in queries.supervisors(session, current_user)
    ]


def _list() -> Response | str:
    view = ListView(USERS)
    if (other := view.redirect_or_file(_fetch)) is not None:
        return other
    return _page(db.session(), UserForm(formdata=None))


def _fetch(asked: ListRequest) -> Page[queries.UserRow]:
    return queries.users(db.session(), current_user, asked)


def _page(session: Session, form: UserForm, *, new_code: dict[str, str] | None = None) -> str:
    view = ListView(USERS)
    _fill_choices(session, form)
    return render_template(
        "admin/users.html",
        form=form,
        listing=view.show(_fetch(view.request)),
        roles_of=_roles,
        own_id=current_user.id,
        has_offices=any(choice.value for choice in form.office.choices or ()),
        new_code=new_code,
    )
