"""Who may see what: the only place that turns a user into a condition on queries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from agentsys.errors import NotFound
from agentsys.people.models import Agent, RoleName, User

Column = InstrumentedAttribute[Any]


def of_agent(user: User, agent_id: Column, office_id: Column) -> ColumnElement[bool]:
    """The condition on rows that belong to an agent and an office, for what the user may see."""
    match user.role:
        case RoleName.AGENT:
            mine = select(Agent.id).where(Agent.user_id == user.id)
            return agent_id.in_(mine)
        case RoleName.SUPERVISOR:
            team = select(Agent.id).where(Agent.supervisor_id == user.id)
            return agent_id.in_(team)
    return of_office(user, office_id)


def of_office(user: User, office_id: Column) -> ColumnElement[bool]:
    """The condition on rows that belong to an office; agents see none of these."""
    if user.role is RoleName.AGENT:
        return false()
    if user.office_id is None:
        # Only those who watch over every office have none.
        return true() if user.role in (RoleName.ADMIN, RoleName.AUDITOR) else false()
    return office_id == user.office_id


def agents(user: User) -> ColumnElement[bool]:
    """The condition on agents."""
    return of_agent(user, Agent.id, Agent.office_id)


def own_agent(session: Session, user: User) -> Agent:
    """The agent that the user is; NotFound for anybody else."""
    agent = session.scalar(select(Agent).where(Agent.user_id == user.id))
    if agent is None:
        raise NotFound()
    return agent


def one(session: Session, model: Any, condition: ColumnElement[bool], key: int) -> Any:
    """The row with that id within the condition; NotFound for missing and for others' alike."""
    row = session.scalar(select(model).where(model.id == key, condition))
    if row is None:
        raise NotFound()
    return row
