"""Groups of workers as pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import Ecosystem, GroupKind
from agentsys.workers.models import Worker

MOST_CHOICES = 1_000  # groups in a select of a form


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One group, with how many workers are in it."""

    id: int
    office_id: int
    office_name: str
    ecosystem: Ecosystem
    kind: GroupKind
    name: str
    closed_on: date | None
    workers: int


@dataclass(frozen=True, kw_only=True)
class GroupChoice:
    """A group to choose in a form or filter."""

    id: int
    ecosystem: Ecosystem
    kind: GroupKind
    name: str


def groups(session: Session, user: User, asked: ListRequest) -> Page[GroupRow]:
    """The groups of the user's offices, by name."""
    listing = Listing(
        id=WorkerGroup.id,
        sorts={
            "name": Sort(WorkerGroup.name),
            "newest": Sort(WorkerGroup.id, descending=True),
        },
        search=lambda words: matches(words, WorkerGroup.name),
        tabs={
            "open": WorkerGroup.closed_on.is_(None),
            "closed": WorkerGroup.closed_on.is_not(None),
        },
        states=states_of(WorkerGroup.kind, GroupKind),
        ecosystems=states_of(WorkerGroup.ecosystem, Ecosystem),
    )
    page = listing.page(session, _rows().where(_seen(user)), asked)
    return page.map(lambda row: row_as(GroupRow, row))


def group_in_scope(session: Session, user: User, group_id: int) -> GroupRow:
    """One group; NotFound if it is another office's."""
    row = session.execute(_rows().where(WorkerGroup.id == group_id, _seen(user))).one_or_none()
    if row is None:
        raise NotFound()
    return GroupRow(**row._mapping)


def choices(session: Session, *, office_id: int, kept: int | None = None) -> Sequence[GroupChoice]:
    """The open groups of an office, by kind and name; and `kept`, though it may be closed."""
    offered = or_(WorkerGroup.closed_on.is_(None), WorkerGroup.id == kept)
    return _choices(session, (WorkerGroup.office_id == office_id) & offered)


def choices_in_scope(session: Session, user: User) -> Sequence[GroupChoice]:
    """All groups of the user's offices, closed ones too, for a filter."""
    return _choices(session, _seen(user))


def open_in_scope(session: Session, user: User) -> Sequence[GroupChoice]:
    """The open groups of the user's offices."""
    return _choices(session, _seen(user) & WorkerGroup.closed_on.is_(None))


def choices_of_office(session: Session, office_id: int) -> Sequence[GroupChoice]:
    """All groups of an office, closed ones too, for the filter of an agent's list."""
    return _choices(session, WorkerGroup.office_id == office_id)


def _choices(session: Session, condition: Any) -> Sequence[GroupChoice]:
    rows = session.execute(
        select(WorkerGroup.id, WorkerGroup.ecosystem, WorkerGroup.kind, WorkerGroup.name)
        .where(condition)
        .order_by(WorkerGroup.kind, WorkerGroup.name, WorkerGroup.id)
        .limit(MOST_CHOICES)
    )
    return [GroupChoice(**row._mapping) for row in rows]


def _seen(user: User) -> Any:
    return scope.of_office(user, WorkerGroup.office_id)


def _rows() -> Select[*tuple[Any, ...]]:
    # Only the groups of one page are counted, each by the index on workers.group_id.
    count = (
        select(func.count())
        .where(Worker.group_id == WorkerGroup.id)
        .correlate(WorkerGroup)
        .scalar_subquery()
    )
    return select(
        WorkerGroup.id,
        WorkerGroup.office_id,
        Office.name.label("office_name"),
        WorkerGroup.ecosystem,
        WorkerGroup.kind,
        WorkerGroup.name,
        WorkerGroup.closed_on,
        count.label("workers"),
    ).join(Office, Office.id == WorkerGroup.office_id)
