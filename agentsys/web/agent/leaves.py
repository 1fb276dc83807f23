"""What an agent reads about leaves: the own one, and those of agents to stand in for."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.people import scope, substitutes
from agentsys.people.profiles import AgentProfile
from agentsys.people.substitutes import Leave
from agentsys.web.texts import day
from agentsys.workers import queries


def leave_about(session: Session, worker_id: int) -> Leave | None:
    """The leave during which the signed-in agent tends this worker; None for an own worker."""
    mine = scope.own_agent(session, current_user)
    agent_id = queries.agent_id_of(session, worker_id)
    if agent_id == mine.id:
        return None
    found = substitutes.stood_in_for(session, substitute_id=mine.id)
    return next((leave for leave in found if leave.agent_id == agent_id), None)


def leave_news(session: Session, mine: AgentProfile) -> list[dict[str, Any]]:
    """The news items about present and coming leaves, for both agents."""
    return [
        _away(leave) if leave.agent_id == mine.id else _standing_in(leave)
        for leave in substitutes.coming(session, agent_id=mine.id)
    ]


def _away(leave: Leave) -> dict[str, Any]:
    if leave.is_active(substitutes.today()):
        title = _(
            "Anda cuti sampai %(day)s; %(name)s menggantikan Anda",
            day=day(leave.until_on),
            name=leave.substitute,
        )
    else:
        title = _(
            "Cuti Anda mulai %(day)s; %(name)s menggantikan Anda",
            day=day(leave.from_on),
            name=leave.substitute,
        )
    about = _("Selama cuti Anda dapat melihat, tetapi tidak mendaftarkan atau menagih.")
    return _row(title, f"{about} {_earner(leave, away=True)}", url_for("agent.today", tab="all"))


def _standing_in(leave: Leave) -> dict[str, Any]:
    values = {"name": leave.agent, "code": leave.agent_code}
    if leave.is_active(substitutes.today()):
        title = _(
            "Anda menggantikan %(name)s (%(code)s) sampai %(day)s",
            day=day(leave.until_on),
            **values,
        )
        url = url_for("agent.standing_in", agent_id=leave.agent_id)
    else:
        title = _(
            "Anda menggantikan %(name)s (%(code)s) mulai %(day)s", day=day(leave.from_on), **values
        )
        url = url_for("agent.today")
    about = _("Tunai yang Anda terima menjadi titipan Anda.")
    return _row(title, f"{about} {_earner(leave, away=False)}", url)


def _earner(leave: Leave, *, away: bool) -> str:
    """A sentence for the agent on leave, or for the substitute, on who earns the commission."""
    substitute_earns = substitutes.earns_itself(max(leave.from_on, substitutes.today()))
    if away == substitute_earns:
        name = leave.substitute if away else leave.agent
        return _("Komisinya hak %(name)s.", name=name)
    return _("Komisinya hak Anda.")


def _row(title: str, about: str, url: str) -> dict[str, Any]:
    return {"icon": "calendar-clock", "title": title, "about": about, "since": None, "url": url}
