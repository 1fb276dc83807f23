"""The lists of facts, and what they say, as values for pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.agreements.fact_models import FactList, WorkerFact
from agentsys.agreements.kinds import Certainty, FactKind, FactListState
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import User


@dataclass(frozen=True, kw_only=True)
class FactListRow:
    """One uploaded list of facts."""

    id: int
    source: str
    version: str
    data_on: date
    certainty: Certainty
    state: FactListState
    filename: str
    rows: int
    matched: int
    unmatched: int
    refused: int
    problems: list[dict[str, Any]]
    made_at: datetime
    made_by_name: str


def fact_lists(session: Session, user: User, asked: ListRequest) -> Page[FactListRow]:
    """The lists of the user's offices, the newest first."""
    listing = Listing(
        id=FactList.id,
        sorts={
            "newest": Sort(FactList.id, descending=True),
            "data": Sort(FactList.data_on, descending=True),
        },
        search=lambda words: matches(words, FactList.source, FactList.version),
    )
    return listing.page(session, _lists(user), asked).map(lambda row: row_as(FactListRow, row))


def fact_list_in_scope(session: Session, user: User, list_id: int) -> FactListRow:
    """One list; NotFound if it is not of the user's offices."""
    row = session.execute(_lists(user).where(FactList.id == list_id)).one_or_none()
    if row is None:
        raise NotFound()
    return FactListRow(**row._mapping)


def counts(session: Session, list_id: int) -> Sequence[tuple[FactKind, str, int]]:
    """How many workers a list says what about: the kind, the value, and their number."""
    rows = session.execute(
        select(WorkerFact.kind, WorkerFact.value, func.count().label("people"))
        .where(WorkerFact.list_id == list_id)
        .group_by(WorkerFact.kind, WorkerFact.value)
        .order_by(WorkerFact.kind, func.length(WorkerFact.value), WorkerFact.value)
        .limit(60)
    )
    return [(row.kind, row.value, row.people) for row in rows]


def _lists(user: User) -> Select[Any]:
    maker = aliased(User)
    found: Any = (
        select(
            FactList.id,
            FactList.source,
            FactList.version,
            FactList.data_on,
            FactList.certainty,
            FactList.state,
            FactList.filename,
            FactList.rows,
            FactList.matched,
            FactList.unmatched,
            FactList.refused,
            FactList.problems,
            FactList.made_at,
            func.coalesce(maker.name, "").label("made_by_name"),
        )
        .outerjoin(maker, maker.id == FactList.made_by)
        .where(scope.of_office(user, FactList.office_id))
    )
    lists: Select[Any] = found
    return lists
