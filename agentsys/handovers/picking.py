"""Ticking single workers of an agent, over the pages of a long list.

The ticks of each user are stored until the draft of the hand-over is made, so they need no script
and survive a search, another page and a break.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, delete, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys.handovers.models import HandoverPick
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.many import among
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A worker who can be ticked."""

    worker_id: int
    name: str
    kelurahan: str
    last_four: str  # of the NIK
    ticked: bool


def candidates(
    session: Session, *, user_id: int, agent_id: int, asked: ListRequest
) -> Page[Candidate]:
    """The agent's workers, and which of them the user has ticked."""
    ticked = _ticked(user_id, agent_id)
    query = select(
        Worker.id.label("worker_id"),
        Worker.name,
        Worker.kelurahan,
        func.right(Worker.nik_masked, 4).label("last_four"),
        ticked.label("ticked"),
    ).where(Worker.agent_id == agent_id)
    page = _listing(user_id, agent_id).page(session, query, asked)
    return page.map(lambda row: row_as(Candidate, row))


def count(session: Session, *, user_id: int, agent_id: int) -> int:
    """How many of the agent's workers the user has ticked."""
    query = select(func.count()).select_from(Worker)
    mine = (Worker.agent_id == agent_id, _ticked(user_id, agent_id))
    return session.scalar(query.where(*mine)) or 0


def put(
    session: Session,
    *,
    user_id: int,
    agent_id: int,
    shown: Collection[int],
    ticked: Collection[int],
) -> None:
    """Keep the ticks of one page: of the shown workers, exactly these are ticked."""
    session.execute(
        delete(HandoverPick).where(
            *_of(user_id, agent_id), among(HandoverPick.worker_id, sorted(set(shown)))
        )
    )
    _tick(session, user_id, agent_id, among(Worker.id, sorted(set(ticked) & set(shown))))


def tick_found(session: Session, *, user_id: int, agent_id: int, asked: ListRequest) -> None:
    """Tick all workers of the agent whom a search finds, on all its pages."""
    found = and_(*_listing(user_id, agent_id).conditions(asked), Worker.id > 0)
    _tick(session, user_id, agent_id, found)


def tick_place(session: Session, *, user_id: int, agent_id: int, kelurahan: str) -> None:
    """Tick all workers of the agent who live in a kelurahan."""
    _tick(session, user_id, agent_id, func.lower(Worker.kelurahan) == kelurahan.lower())


def clear(session: Session, *, user_id: int, agent_id: int) -> None:
    """Remove all ticks of the user on the agent's list."""
    session.execute(delete(HandoverPick).where(*_of(user_id, agent_id)))


def _tick(session: Session, user_id: int, agent_id: int, which: ColumnElement[bool]) -> None:
    chosen = select(literal(user_id), literal(agent_id), Worker.id).where(
        Worker.agent_id == agent_id, which
    )
    columns = ["user_id", "from_agent_id", "worker_id"]
    session.execute(insert(HandoverPick).from_select(columns, chosen).on_conflict_do_nothing())


def _of(user_id: int, agent_id: int) -> tuple[ColumnElement[bool], ...]:
    return HandoverPick.user_id == user_id, HandoverPick.from_agent_id == agent_id


def _ticked(user_id: int, agent_id: int) -> ColumnElement[bool]:
    mine = select(HandoverPick.worker_id).where(
        *_of(user_id, agent_id), HandoverPick.worker_id == Worker.id
    )
    return mine.exists()


def _listing(user_id: int, agent_id: int) -> Listing:
    ticked = _ticked(user_id, agent_id)
    return Listing(
        id=Worker.id,
        sorts={"name": Sort(Worker.name), "kelurahan": Sort(Worker.kelurahan)},
        search=lambda words: or_(
            matches(words, Worker.name), Worker.kelurahan.icontains(words, autoescape=True)
        ),
        states={"ticked": ticked, "not_ticked": ~ticked},
    )
