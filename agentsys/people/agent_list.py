"""Lists of agents, and the supervisors they may have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, states_of
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.agents import leads, without_supervisor
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile, agent_profiles
from agentsys.people.queries import Choice


@dataclass(frozen=True, kw_only=True)
class AgentRow:
    """One agent in the admin's list."""

    id: int
    name: str
    code: str
    area: str
    office_name: str
    supervisor_name: str  # empty if the agent has no supervisor
    supervisor_active: bool
    status: AgentStatus
    ceiling_idr: int


def agent_list(session: Session, user: User, asked: ListRequest) -> Page[AgentRow]:
    """The agents in the user's scope."""
    leader = func.coalesce(
        select(User.name).where(User.id == Agent.supervisor_id).scalar_subquery(), ""
    )
    listing = Listing(
        id=Agent.id,
        sorts={
            "name": Sort(Agent.name),
            "code": Sort(Agent.code),
            "leader": Sort(leader),
            "ceiling": Sort(Agent.cash_ceiling_idr, descending=True),
        },
        search=lambda words: matches(words, Agent.name, Agent.code, Agent.area),
        tabs={"alone": without_supervisor()},
        states=states_of(Agent.status, AgentStatus),
        at=Agent.joined_on,
        amount=Agent.cash_ceiling_idr,
    )
    statement = (
        select(Agent)
        .where(scope.agents(user))
        .options(joinedload(Agent.office), joinedload(Agent.supervisor))
    )
    return listing.page(session, statement, asked).map(lambda row: _row(row[0]))


def count_alone(session: Session, user: User) -> int:
    """How many agents in the user's scope have no supervisor."""
    query = select(func.count()).select_from(Agent)
    return int(session.scalar(query.where(scope.agents(user), without_supervisor())) or 0)


def active_agents(
    session: Session, user: User, *, to: Permission, limit: int
) -> list[AgentProfile]:
    """The first active agents for whom the user holds the permission, by name."""
    rows = session.execute(
        agent_profiles()
        .where(scope.agents(user, to=to), Agent.status == AgentStatus.ACTIVE)
        .order_by(Agent.name, Agent.id)
        .limit(limit)
    )
    return [AgentProfile(**row._mapping) for row in rows]


def agent_by_code(
    session: Session, user: User, code: str, *, to: Permission
) -> AgentProfile | None:
    """The active agent with this code (any case) for whom the user has that permission."""
    row = session.execute(
        agent_profiles().where(
            scope.agents(user, to=to),
            Agent.status == AgentStatus.ACTIVE,
            Agent.code == " ".join(code.split()).upper(),
        )
    ).one_or_none()
    return None if row is None else AgentProfile(**row._mapping)


def agent_in_scope(session: Session, user: User, agent_id: int, *, to: Permission) -> AgentProfile:
    """An agent for whom the user holds the permission; NotFound for any other."""
    row = session.execute(
        agent_profiles().where(scope.agents(user, to=to), Agent.id == agent_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return AgentProfile(**row._mapping)


def ended_on(session: Session, *, agent_id: int) -> date | None:
    """The day on which an agent ended, if that has happened."""
    return session.scalar(select(Agent.ended_on).where(Agent.id == agent_id))


def leaders_for(session: Session, agent: AgentProfile) -> list[Choice]:
    """The active supervisors of the agent's office, and the agent's present one."""
    able = and_(leads(), User.office_id == agent.office_id, User.active, User.id != agent.user_id)
    rows = session.execute(
        select(User.id, User.name, User.active)
        .where(or_(able, User.id == agent.supervisor_id))
        .order_by(User.name, User.id)
    )
    return [Choice(id=key, name=name, active=active) for key, name, active in rows]


def _row(agent: Agent) -> AgentRow:
    return AgentRow(
        id=agent.id,
        name=agent.name,
        code=agent.code,
        area=agent.area,
        office_name=agent.office.name,
        supervisor_name=agent.supervisor.name if agent.supervisor else "",
        supervisor_active=agent.supervisor is not None and agent.supervisor.active,
        status=agent.status,
        ceiling_idr=agent.cash_ceiling_idr,
    )
