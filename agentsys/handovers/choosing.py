"""What the forms of hand-overs offer: receiving agents, kelurahan, the agent of a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.people import scope
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """An agent who may receive workers."""

    id: int
    name: str
    code: str
    area: str


def receivers(session: Session, *, office_id: int, but: int, limit: int) -> Sequence[Receiver]:
    """The active agents of an office who may receive workers of one of them, by name."""
    rows = session.execute(
        select(Agent.id, Agent.name, Agent.code, Agent.area)
        .where(Agent.office_id == office_id, Agent.id != but, Agent.status == AgentStatus.ACTIVE)
        .order_by(Agent.name, Agent.id)
        .limit(limit)
    )
    return [Receiver(**row._mapping) for row in rows]


def agents_by_code(session: Session, codes: Sequence[str]) -> dict[str, int]:
    """Ids of active agents, of any office, by their codes."""
    rows = session.execute(
        select(Agent.code, Agent.id).where(
            Agent.code.in_(codes), Agent.status == AgentStatus.ACTIVE
        )
    )
    return {code: number for code, number in rows}


def is_with(session: Session, *, worker_id: int, agent_id: int) -> bool:
    """Whether an agent manages the worker."""
    return agent_id == session.scalar(select(Worker.agent_id).where(Worker.id == worker_id))


def agent_of(session: Session, user: User, *, worker_id: int) -> int | None:
    """The agent from whom the user may hand this worker over, if there is one."""
    mine = scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.HANDOVER_MAKE)
    found: int | None = session.scalar(select(Worker.agent_id).where(Worker.id == worker_id, mine))
    return found


def places(session: Session, *, agent_id: int) -> Sequence[tuple[str, int]]:
    """The kelurahan of an agent's workers, with how many live there."""
    place = func.lower(Worker.kelurahan)
    rows = session.execute(
        select(func.max(Worker.kelurahan), func.count())
        .where(Worker.agent_id == agent_id)
        .group_by(place)
        .order_by(place)
    )
    return [(name, number) for name, number in rows]
