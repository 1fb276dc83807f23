"""Agents: who leads them, whether they work, and how much cash they may hold."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.commissions.models import Statement, StatementState
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.people import scope
from agentsys.people.agents import change_agent, leads, without_supervisor
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.permissions import Permission
from agentsys.web.access import blueprint_for
from agentsys.web.admin_forms import AgentForm
from agentsys.web.responses import after_id
from agentsys.web.texts import sentence

PAGE = 50

agents = blueprint_for(
    "agents", __name__, permission=Permission.AGENT_MANAGE, url_prefix="/admin/agen"
)


@agents.get("/")
def index() -> str:
    """The agents in the admin's scope; those whom nobody leads have a list of their own."""
    session = db.session()
    alone = request.args.get("tab") == "alone"
    query = request.args.get("q", "").replace("\0", "").strip()[:60]
    rows = _listed(session, alone=alone, query=query)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    left_alone = session.scalar(
        select(func.count()).select_from(Agent).where(_in_scope(), without_supervisor())
    )
    return render_template(
        "admin/agents.html",
        q=query,
        alone=alone,
        tabs=[
            {"label": _("Semua"), "count": None, "url": url_for(".index"), "current": not alone},
            {
                "label": _("Tanpa pembina"),
                "count": left_alone,
                "url": url_for(".index", tab="alone"),
                "current": alone,
            },
        ],
        agents=_rows(session, rows),
        stuck=_stuck(session),
        next_url=url_for(".index", q=query, tab=request.args.get("tab"), after=rows[-1].id)
        if more
        else "",
    )


@agents.route("/<int:agent_id>", methods=["GET", "POST"])
def change(agent_id: int) -> Response | tuple[str, int]:
    """A form with what an admin may change of one agent."""
    found: Agent = scope.one(db.session(), Agent, _in_scope(), agent_id)
    form = AgentForm(
        request.form if request.method == "POST" else None,
        data={
            "supervisor": str(found.supervisor_id or ""),
            "status": found.status.value,
            "ceiling": found.cash_ceiling_idr,
        },
    )
    form.supervisor.choices = _leaders(db.session(), found)
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                change_agent(
                    session,
                    agent_id=agent_id,
                    supervisor=session.get(User, int(form.supervisor.data or 0)),
                    status=AgentStatus(form.status.data),
                    cash_ceiling_idr=form.ceiling.data or 0,
                    actor_id=current_user.id,
                )
        except Invalid as refused:
            form.form_errors.append(sentence(refused.message))
        else:
            flash(_("Data agen %(name)s disimpan.", name=found.name), "success")
            return redirect(url_for(".index"))
    return render_template("admin/agent.html", agent=found, form=form), (
        422 if form.errors else 200
    )


def _in_scope() -> ColumnElement[bool]:
    return scope.agents(current_user)


def _listed(session: Session, *, alone: bool, query: str) -> list[Agent]:
    found = (
        select(Agent)
        .where(_in_scope())
        .options(joinedload(Agent.office), joinedload(Agent.supervisor))
        .order_by(Agent.name, Agent.id)
        .limit(PAGE + 1)
    )
    if alone:
        found = found.where(without_supervisor())
    if query:
        words = (Agent.name, Agent.code)
        found = found.where(or_(*(word.icontains(query, autoescape=True) for word in words)))
    after = after_id()
    if after is not None:
        name = session.scalar(select(Agent.name).where(Agent.id == after, _in_scope()))
        found = found.where(tuple_(Agent.name, Agent.id) > (name or "", after))
    return list(session.scalars(found).unique())


def _rows(session: Session, found: list[Agent]) -> list[dict[str, Any]]:
    waiting = {
        agent_id: int(count)
        for agent_id, count in session.execute(
            select(Statement.agent_id, func.count())
            .where(
                Statement.agent_id.in_([agent.id for agent in found]),
                Statement.state == StatementState.SUBMITTED,
            )
            .group_by(Statement.agent_id)
        )
    }
    return [
        {
            "id": agent.id,
            "name": agent.name,
            "code": agent.code,
            "office_name": agent.office.name,
            "supervisor_name": agent.supervisor.name if agent.supervisor else "",
            "supervisor_closed": agent.supervisor is not None and not agent.supervisor.active,
            "status": agent.status.value,
            "ceiling_idr": agent.cash_ceiling_idr,
            "waiting": waiting.get(agent.id, 0),
        }
        for agent in found
    ]


def _stuck(session: Session) -> dict[str, int]:
    """How many statements wait for somebody who does not exist, and their sum."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Statement.total_idr), 0))
        .join(Agent, Agent.id == Statement.agent_id)
        .where(_in_scope(), without_supervisor(), Statement.state == StatementState.SUBMITTED)
    ).one()
    return {"count": int(count), "total_idr": int(total)}


def _leaders(session: Session, found: Agent) -> list[SelectChoice]:
    """The supervisors of the agent's office who can sign in, and the one whom the agent has."""
    able = and_(leads(), User.office_id == found.office_id, User.active, User.id != found.user_id)
    rows = session.execute(
        select(User.id, User.name, User.active)
        .where(or_(able, User.id == found.supervisor_id))
        .order_by(User.name, User.id)
    )
    return [SelectChoice("", _("Belum ditunjuk"))] + [
        SelectChoice(str(key), name if active else _("%(name)s (akun ditutup)", name=name))
        for key, name, active in rows
    ]
