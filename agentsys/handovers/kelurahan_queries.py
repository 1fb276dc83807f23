"""Reading the office's table of agents by kelurahan, and who has no agent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import Agent, AgentStatus, Office, User
from agentsys.people.permissions import Permission
from agentsys.workers.kelurahan import key_of
from agentsys.workers.kelurahan_models import KelurahanAgent
from agentsys.workers.models import Roster, Worker

MOST_ROWS = 300
MOST_PLACES = 12  # kelurahan that the page of a list names


@dataclass(frozen=True, kw_only=True)
class KelurahanRow:
    """A kelurahan of the table, or one with workers who have no agent."""

    key: str
    kelurahan: str
    without: int  # workers without an agent
    agent_id: int | None
    agent_name: str
    agent_active: bool
    is_own: bool  # whether the user may give it to somebody else


@dataclass(frozen=True, kw_only=True)
class Without:
    """The new workers of a list who have no agent: how many, and the kelurahan with the most."""

    workers: int
    places: Sequence[tuple[str, int]]
    more: int  # further kelurahan


def office_in_scope(session: Session, user: User, office_id: int | None) -> int:
    """The office, or the user's first one; NotFound if it is not the user's, or there is none."""
    offices = [number for number, _name in scope.offices(session, user)]
    if office_id is None and offices:
        return offices[0]
    if office_id is None or office_id not in offices:
        raise NotFound()
    return office_id


def table(session: Session, user: User, office_id: int) -> tuple[Sequence[KelurahanRow], int]:
    """The rows, most workers without an agent first; and how many more there are."""
    names: dict[str, str] = {}
    without: dict[str, int] = {}
    for name, count in _counted(session, Worker.office_id == office_id):
        key = key_of(name)
        names.setdefault(key, name)
        without[key] = without.get(key, 0) + count
    agents: dict[str, Any] = {}
    for row in session.execute(_agents_of(user, office_id)):
        names[row.key] = row.kelurahan
        agents[row.key] = row
    found = [
        KelurahanRow(
            key=key,
            kelurahan=names[key],
            without=without.get(key, 0),
            agent_id=agents[key].id if key in agents else None,
            agent_name=agents[key].name if key in agents else "",
            agent_active=key in agents and agents[key].status is AgentStatus.ACTIVE,
            is_own=key not in agents or agents[key].mine,
        )
        for key in names
        if key
    ]
    found.sort(key=lambda row: (-row.without, row.key))
    return found[:MOST_ROWS], max(len(found) - MOST_ROWS, 0)


def nowhere(session: Session, office_id: int) -> int:
    """How many workers of an office have neither an agent nor a kelurahan."""
    counted = _counted(session, Worker.office_id == office_id, Worker.kelurahan == "")
    return sum(count for _name, count in counted)


def of_list(session: Session, roster_id: int) -> Without:
    """The workers whom a list created and who have no agent."""
    roster = session.get_one(Roster, roster_id)
    created = (
        Worker.roster_id == roster_id,
        Worker.id > (roster.workers_after or 0),
        Worker.id <= (roster.workers_until or 0),
    )
    places = sorted(_counted(session, *created), key=lambda each: (-each[1], each[0]))
    return Without(
        workers=sum(count for _name, count in places),
        places=places[:MOST_PLACES],
        more=max(len(places) - MOST_PLACES, 0),
    )


def office_name(session: Session, office_id: int) -> str:
    """The name of an office."""
    return session.scalars(select(Office.name).where(Office.id == office_id)).one()


def _counted(session: Session, *of: ColumnElement[bool]) -> Iterable[tuple[str, int]]:
    rows = session.execute(
        select(Worker.kelurahan, func.count())
        .where(*of, Worker.agent_id.is_(None), Worker.merged_into.is_(None),
               Worker.erased_at.is_(None))
        .group_by(Worker.kelurahan)
    )  # fmt: skip
    return [(name, int(count)) for name, count in rows]


def _agents_of(user: User, office_id: int) -> Any:
    mine = Agent.id.in_(select(Agent.id).where(scope.agents(user, to=Permission.HANDOVER_MAKE)))
    return (
        select(KelurahanAgent.key, KelurahanAgent.kelurahan, Agent.id, Agent.name, Agent.status,
               mine.label("mine"))
        .join(Agent, Agent.id == KelurahanAgent.agent_id)
        .where(KelurahanAgent.office_id == office_id)
        .order_by(KelurahanAgent.key)
    )  # fmt: skip
