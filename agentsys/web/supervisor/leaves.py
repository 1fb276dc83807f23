"""The leaves of an agent, and who works meanwhile."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people import agent_list, substitutes
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import AgentStatus
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.people.queries import names_of
from agentsys.web.access import needs
from agentsys.web.admin_forms import chosen_id
from agentsys.web.forms import Form
from agentsys.web.responses import blaming, said
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.texts import day, lazy


class LeaveForm(Form):
    """A leave with the agent who works meanwhile."""

    substitute = SelectField(lazy("Pengganti"))
    from_on = DateField(lazy("Hari pertama"), validators=[InputRequired()])
    until_on = DateField(lazy("Hari terakhir"), validators=[InputRequired()])
    reason = StringField(lazy("Alasan"), validators=[Length(max=200)])


@supervisor.get("/tim/<int:agent_id>/cuti")
@needs(Permission.TEAM_READ)
def leaves(agent_id: int) -> str:
    """The leaves of an agent, and a form for another."""
    return _page(_agent(agent_id, Permission.TEAM_READ))


@supervisor.post("/tim/<int:agent_id>/cuti")
@needs(Permission.SUBSTITUTE_SET)
def begin_leave(agent_id: int) -> Response | tuple[str, int]:
    """Have another agent work the portfolio from a day to a day."""
    found = _agent(agent_id, Permission.SUBSTITUTE_SET)
    form = _form(found, sent=True)
    if form.validate():
        with blaming(form):
            with transaction() as session:
                made = substitutes.begin(
                    session,
                    agent_id=found.id,
                    substitute_id=chosen_id(form.substitute.data) or 0,
                    from_on=form.from_on.data,
                    until_on=form.until_on.data,
                    reason=form.reason.data or "",
                    actor_id=current_user.id,
                )
                until = made.until_on
            flash(_("Pengganti dicatat sampai %(day)s.", day=day(until)), "success")
            return redirect(url_for("supervisor.leaves", agent_id=agent_id))
    return _page(found, form), 422


@supervisor.post("/tim/<int:agent_id>/cuti/<int:substitution_id>/akhiri")
@needs(Permission.SUBSTITUTE_SET)
def end_leave(agent_id: int, substitution_id: int) -> Response:
    """End a substitution now, or call it off."""
    found = _agent(agent_id, Permission.SUBSTITUTE_SET)
    here = url_for("supervisor.leaves", agent_id=agent_id)
    try:
        with transaction() as session:
            substitutes.end(
                session,
                substitution_id=substitution_id,
                agent_id=found.id,
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    told = _("Penggantian diakhiri. Hanya %(name)s yang melihat pekerjanya.", name=found.name)
    flash(told, "success")
    return redirect(here)


def _agent(agent_id: int, permission: Permission) -> AgentProfile:
    return agent_list.agent_in_scope(db.session(), current_user, agent_id, to=permission)


def _form(found: AgentProfile, *, sent: bool = False) -> LeaveForm:
    form = LeaveForm() if sent else LeaveForm(formdata=None)
    able = substitutes.able(db.session(), agent_id=found.id, office_id=found.office_id)
    form.substitute.choices = [SelectChoice("", _("Pilih agen"))] + [
        SelectChoice(str(key), name) for key, name in able
    ]
    return form


def _page(found: AgentProfile, form: LeaveForm | None = None) -> str:
    session, now = db.session(), substitutes.today()
    rows = substitutes.all_of(session, agent_id=found.id)
    names = names_of(session, {row.made_by for row in rows})
    return render_template(
        "supervisor/leaves.html",
        agent=found,
        leaves=[_row(row, names) for row in rows],
        form=form or _form(found),
        may_set=current_user.can(Permission.SUBSTITUTE_SET) and found.status is AgentStatus.ACTIVE,
        substitute_earns=substitutes.earns_itself(now),
        certain=setting(Rule.SUBSTITUTE_EARNS, now).is_certain,
        today=now,
    )


def _row(row: substitutes.Leave, names: dict[int, str]) -> dict[str, Any]:
    now = substitutes.today()
    return {
        "row": row,
        "by": names.get(row.made_by, ""),
        "active": row.is_active(now),
        "open": row.ended_at is None and row.until_on >= now,
    }
