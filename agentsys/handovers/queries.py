"""Reading hand-overs as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.handovers.models import Handover, HandoverState, HandoverWorker
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import Agent, Office, User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker

NEWS_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class HandoverRow:
    """One hand-over."""

    id: int
    state: HandoverState
    office_id: int
    office_name: str
    to_office_id: int
    to_office_name: str
    from_agent_id: int
    from_name: str
    from_month: date
    workers: int
    reason: str
    made_by: int
    made_by_name: str
    made_at: datetime
    decided_by: int | None
    decided_by_name: str
    decided_at: datetime | None
    done_at: datetime | None
    undone_by: int | None
    undone_at: datetime | None
    undo_reason: str


@dataclass(frozen=True, kw_only=True)
class MovedWorker:
    """One worker of a hand-over."""

    worker_id: int
    name: str
    kelurahan: str
    to_agent_id: int
    to_name: str


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A hand-over as one of its agents reads it."""

    id: int
    workers: int
    other: str  # the old agent, or empty for who gave them away
    gave: bool
    from_month: date
    done_at: datetime


def handovers(session: Session, user: User, asked: ListRequest) -> Page[HandoverRow]:
    """The hand-overs that the user may see, newest first; drafts of others are left out."""
    giving, maker = aliased(Agent), aliased(User)
    listing = Listing(
        id=Handover.id,
        sorts={
            "newest": Sort(Handover.id, descending=True),
            "month": Sort(Handover.from_month, descending=True),
            "workers": Sort(Handover.workers, descending=True),
        },
        search=lambda words: or_(
            matches(words, giving.name), Handover.reason.icontains(words, autoescape=True)
        ),
        states=states_of(Handover.state, HandoverState),
        at=Handover.made_at,
    )
    query = _rows(giving, maker).where(
        seen_by(user), or_(Handover.state != HandoverState.DRAFT, Handover.made_by == user.id)
    )
    return listing.page(session, query, asked).map(lambda row: row_as(HandoverRow, row))


def handover_in_scope(session: Session, user: User, handover_id: int) -> HandoverRow:
    """One hand-over; NotFound if the user may not see it."""
    query = _rows(aliased(Agent), aliased(User)).where(Handover.id == handover_id, seen_by(user))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return HandoverRow(**row._mapping)


def may_make(session: Session, user: User, handover_id: int) -> bool:
    """Whether the workers are of an agent for whom the user may hand workers over."""
    mine = scope.of_agent(
        user, Handover.from_agent_id, Handover.office_id, to=Permission.HANDOVER_MAKE
    )
    return bool(session.scalar(select(exists().where(Handover.id == handover_id, mine))))


def may_accept(user: User, found: HandoverRow) -> bool:
    """Whether the user may be the second person of a hand-over."""
    return (
        found.state is HandoverState.PROPOSED
        and user.can(Permission.HANDOVER_ACCEPT)
        and user.office_id in (found.to_office_id, None)
        and user.id != found.made_by
    )


def seen_by(user: User) -> ColumnElement[bool]:
    """The condition on hand-overs of the user's agents, from another office, or to be decided."""
    to = Permission.HANDOVER_READ
    giving = scope.of_agent(user, Handover.from_agent_id, Handover.office_id, to=to)
    to_them = exists().where(
        HandoverWorker.handover_id == Handover.id,
        HandoverWorker.to_agent_id.in_(select(Agent.id).where(scope.agents(user, to=to))),
    )
    from_elsewhere = and_(
        Handover.to_office_id != Handover.office_id, scope.of_office(user, Handover.to_office_id)
    )
    # Any second person of the office, whichever team the agents are in.
    to_decide = and_(
        scope.of_office(user, Handover.to_office_id),
        or_(Handover.state == HandoverState.PROPOSED, Handover.decided_by == user.id)
        if user.can(Permission.HANDOVER_ACCEPT)
        else false(),
    )
    known = or_(from_elsewhere, to_them, to_decide)
    return or_(giving, and_(Handover.state != HandoverState.DRAFT, known))


def workers_of(session: Session, handover_id: int, asked: ListRequest) -> Page[MovedWorker]:
    """The workers of a hand-over, by new agent and name."""
    receiving = aliased(Agent)
    listing = Listing(
        id=HandoverWorker.worker_id,
        sorts={
            "name": Sort(Worker.name),
            "agent": Sort(receiving.name),
            "kelurahan": Sort(Worker.kelurahan),
        },
        search=lambda words: matches(words, Worker.name),
    )
    query = (
        select(
            HandoverWorker.worker_id,
            Worker.name,
            Worker.kelurahan,
            HandoverWorker.to_agent_id,
            receiving.name.label("to_name"),
        )
        .join(Worker, Worker.id == HandoverWorker.worker_id)
        .join(receiving, receiving.id == HandoverWorker.to_agent_id)
        .where(HandoverWorker.handover_id == handover_id)
    )
    return listing.page(session, query, asked).map(lambda row: row_as(MovedWorker, row))


def news_for(session: Session, *, agent_id: int, office_id: int) -> Sequence[Handed]:
    """The hand-overs of the last days that gave workers to an agent, or took them."""
    since = clock.now() - timedelta(days=NEWS_DAYS)
    giving = aliased(Agent)
    received = (
        select(func.count())
        .where(HandoverWorker.handover_id == Handover.id, HandoverWorker.to_agent_id == agent_id)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Handover.id,
            Handover.from_agent_id,
            Handover.workers,
            received,
            giving.name,
            Handover.from_month,
            Handover.done_at,
        )
        .join(giving, giving.id == Handover.from_agent_id)
        .where(
            Handover.state == HandoverState.DONE,
            Handover.done_at > since,
            or_(Handover.from_agent_id == agent_id, Handover.to_office_id == office_id),
        )
        .where(or_(Handover.from_agent_id == agent_id, received > 0))
        .order_by(Handover.done_at.desc())
        .limit(3)
    )
    return [
        Handed(
            id=key,
            workers=total if giver == agent_id else to_me,
            other="" if giver == agent_id else name,
            gave=giver == agent_id,
            from_month=month,
            done_at=done_at,
        )
        for key, giver, total, to_me, name, month, done_at in rows
    ]


def _rows(giving: Any, maker: Any) -> Select[Any]:
    old, new, decider = aliased(Office), aliased(Office), aliased(User)
    return (
        select(
            Handover.id,
            Handover.state,
            Handover.office_id,
            old.name.label("office_name"),
            Handover.to_office_id,
            new.name.label("to_office_name"),
            Handover.from_agent_id,
            giving.name.label("from_name"),
            Handover.from_month,
            Handover.workers,
            Handover.reason,
            Handover.made_by,
            maker.name.label("made_by_name"),
            Handover.made_at,
            Handover.decided_by,
            func.coalesce(decider.name, "").label("decided_by_name"),
            Handover.decided_at,
            Handover.done_at,
            Handover.undone_by,
            Handover.undone_at,
            Handover.undo_reason,
        )
        .join(giving, giving.id == Handover.from_agent_id)
        .join(maker, maker.id == Handover.made_by)
        .join(old, old.id == Handover.office_id)
        .join(new, new.id == Handover.to_office_id)
        .outerjoin(decider, decider.id == Handover.decided_by)
    )
