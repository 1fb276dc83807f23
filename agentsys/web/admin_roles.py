"""Giving roles to a user and taking them away."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people import accounts, agents, queries
from agentsys.people.permissions import Permission, roles_with
from agentsys.people.profiles import UserProfile
from agentsys.people.roles import roles_named
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import ACTIONS, RolesForm, actions_for, chosen_id
from agentsys.web.responses import why

user_roles = blueprint_for(
    "user_roles", __name__, permission=Permission.USER_MANAGE, url_prefix="/admin/pengguna"
)


@user_roles.route("/<int:user_id>/peran", methods=["GET", "POST"])
def change(user_id: int) -> Response | str | tuple[str, int]:
    """A form with a checkbox for each role; a new agent also gets a code."""
    session = db.session()
    found = queries.user_in_scope(session, current_user, user_id)
    sent = request.form if request.method == "POST" else None
    form = RolesForm(sent, data={"roles": sorted(found.role_names)})
    new_agent = not agents.is_one(session, found.id)
    if new_agent:
        form.supervisor.choices = [SelectChoice("", _("Belum ditunjuk"))] + [
            SelectChoice(str(leader.id), leader.name)
            for leader in queries.supervisors_for(session, found)
        ]
    else:
        del form.code, form.area, form.supervisor, form.appointed_on
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
        agent_id=agents.of_user(session, found.id),
        own=found.id == current_user.id,
        labels=ACTIONS,
        actions=actions_for(active=found.active),
    )
    return (page, 422) if form.errors else page


def _change(found: UserProfile, form: Any, *, new_agent: bool) -> None:
    roles = roles_named(form.roles.data or ())
    try:
        with transaction() as session:
            accounts.change_roles(session, user_id=found.id, roles=roles, actor_id=current_user.id)
            if new_agent and roles & roles_with(Permission.PORTFOLIO_READ):
                agents.add_agent(
                    session,
                    user_id=found.id,
                    code=form.code.data or "",
                    supervisor_id=chosen_id(form.supervisor.data),
                    area=form.area.data or "",
                    appointed_on=form.appointed_on.data,
                    actor_id=current_user.id,
                )
    except IntegrityError as error:
        # Two admins at the same time: the check passed, but the unique constraint failed.
        raise agents.CodeTaken() from error
