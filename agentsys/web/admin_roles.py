"""Giving roles to a user and taking them away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, and_
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people import accounts, agents, queries, scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission, roles_named, roles_with
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import ACTIONS, RolesForm, actions_for
from agentsys.web.responses import why

user_roles = blueprint_for(
    "user_roles", __name__, permission=Permission.USER_MANAGE, url_prefix="/admin/pengguna"
)


@user_roles.route("/<int:user_id>/peran", methods=["GET", "POST"])
def change(user_id: int) -> Response | str | tuple[str, int]:
    """A form with a checkbox for each role; a new agent also gets a code."""
    session = db.session()
    condition = scope.of_office(current_user, User.office_id)
    found: User = scope.one(session, User, condition, user_id)
    sent = request.form if request.method == "POST" else None
    form = RolesForm(sent, data={"roles": sorted(found.role_names)})
    new_agent = agents.of_user(session, found.id) is None
    if new_agent:
        form.supervisor.choices = [SelectChoice("", _("Belum ditunjuk"))] + [
            SelectChoice(str(leader.id), leader.name)
            for leader in queries.supervisors(session, condition=_may_lead(found))
        ]
    else:
        del form.code, form.area, form.supervisor
    if request.method == "POST" and form.validate():
        try:
            _change(found, form, new_agent=new_agent)
        except Refused as refused:
            form.form_errors.append(why(refused))
        else:
            flash(_("Peran %(name)s disimpan.", name=found.name), "success")
            return redirect(url_for("admin.users"))
    page = render_template(
        "admin/roles.html",
        user=found,
        form=form,
        new_agent=new_agent,
        own=found.id == current_user.id,
        labels=ACTIONS,
        actions=actions_for(active=found.active),
    )
    return (page, 422) if form.errors else page


def _change(found: User, form: Any, *, new_agent: bool) -> None:
    roles = roles_named(form.roles.data or ())
    try:
        with transaction() as session:
            accounts.change_roles(session, user=found, roles=roles, actor_id=current_user.id)
            if new_agent and roles & roles_with(Permission.PORTFOLIO_READ):
                agents.add_agent(
                    session,
                    user=found,
                    code=form.code.data or "",
                    supervisor=queries.chosen_user(session, form.supervisor.data),
                    area=form.area.data or "",
                    actor_id=current_user.id,
                )
    except IntegrityError as error:
        # Two admins at the same time: the check passed, but the unique constraint failed.
        raise agents.CodeTaken() from error


def _may_lead(found: User) -> ColumnElement[bool]:
    return and_(User.office_id == found.office_id, User.id != found.id)
