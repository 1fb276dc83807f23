"""Paged lists: sorting, searching, filtering and keyset paging, for all lists.

A domain package describes a list by a `Listing`, and calls it with a `ListRequest` to get a page. A
page begins after (or ends before) a certain row, not at an offset. So rows that are added meanwhile
cannot repeat or hide a row, and the last page costs as much as the first one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Date, Row, Select, func, literal, select, tuple_
from sqlalchemy.orm import Session

from agentsys.listing import cursor
from agentsys.listing.cursor import Place
from agentsys.listing.request import ListRequest

COUNTED = 10_000  # rows that are counted at most on each view

Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Sort:
    """A column that a list can be sorted by.

    It is never NULL, and its Python type is str, int, date or datetime.
    """

    key: Any
    descending: bool = False  # the direction when the request names none


@dataclass(frozen=True, kw_only=True)
class Order:
    """The sort column and direction of a request."""

    name: str
    key: Any
    descending: bool


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Item]):
    """Some rows of a list, and where the list goes on in both directions."""

    rows: Sequence[Item]
    first: int  # the number of the first row in the list, 1 for the first page
    total: int  # of all rows, or as many as were counted when there are more
    more_than_counted: bool
    sort: str
    descending: bool
    previous: str  # the cursor of the page before; empty on the first page
    next: str  # the cursor of the page after; empty on the last page

    def holding(self, rows: Iterable[Other]) -> Page[Other]:
        """The same page with these rows instead of its own."""
        changed: Page[Any] = replace(self, rows=tuple(rows))  # type: ignore[arg-type]
        return changed

    def map(self, function: Callable[[Item], Other]) -> Page[Other]:
        """The same page with each row turned into something else."""
        return self.holding(function(row) for row in self.rows)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What one list can be sorted, searched and filtered by.

    `tabs`, `states` and `ecosystems` map names to conditions; `search` and `agent` make one from
    text.
    """

    id: Any
    sorts: Mapping[str, Sort]  # the first one is used when the request names none
    search: Callable[[str], ColumnElement[bool]] | None = None
    tabs: Mapping[str, Any] = field(default_factory=dict)
    states: Mapping[str, Any] = field(default_factory=dict)
    ecosystems: Mapping[str, Any] = field(default_factory=dict)
    group: Any = None  # the column with the id of a group
    agent: Callable[[str], ColumnElement[bool]] | None = None
    letter: Any = None  # the name whose first letter is asked for
    at: Any = None  # a date, or a moment
    amount: Any = None
    counted: int = COUNTED  # rows at most; 0 for who shows no total

    def page(
        self, session: Session, statement: Any, asked: ListRequest, *, total: int | None = None
    ) -> Page[Any]:
        """The requested page of the statement's rows; the first page if the request is invalid.

        `total` is how many rows there are, if the caller knows it; they are counted otherwise.
        """
        found: Select[Any] = statement.where(*self.conditions(asked))
        order = self.order(asked)
        place = cursor.read(
            asked.cursor, sort=order.name, descending=order.descending, of=order.key.type
        )
        rows = self._rows(session, found, order, place, limit=asked.size + 1)
        if place is not None and not rows:
            # The cursor's rows were removed, or the filter in the URL was edited.
            place = None
            rows = self._rows(session, found, order, None, limit=asked.size + 1)
        more, rows = len(rows) > asked.size, rows[: asked.size]
        back = place is not None and place.backward
        if back:
            rows.reverse()
        first = _number_of_first(place, len(rows), more)
        before = more if back else place is not None
        after = True if back else more

        def at(row: Row[Any], number: int, *, backward: bool) -> str:
            there = Place(backward=backward, number=number, key=row.list_key, id=row.list_id)
            return cursor.write(there, sort=order.name, descending=order.descending)

        if total is None:
            total = self._count(session, found) if self.counted else 0
        return Page(
            rows=rows,
            first=first,
            total=min(total, self.counted),
            more_than_counted=total > self.counted,
            sort=order.name,
            descending=order.descending,
            previous=at(rows[0], first, backward=True) if rows and before else "",
            next=at(rows[-1], first + len(rows), backward=False) if rows and after else "",
        )

    def conditions(self, asked: ListRequest) -> list[ColumnElement[bool]]:
        """The conditions of the filters; a filter that this list does not have is ignored."""
        named = (
            (self.tabs, asked.tab),
            (self.states, asked.state),
            (self.ecosystems, asked.ecosystem),
        )
        found = [conditions[name] for conditions, name in named if name in conditions]
        if asked.group is not None and self.group is not None:
            found.append(self.group == asked.group)
        if asked.query and self.search is not None:
            found.append(self.search(asked.query))
        if asked.agent and self.agent is not None:
            found.append(self.agent(asked.agent))
        if asked.letter and self.letter is not None:
            found.append(func.left(func.search_key(self.letter), 1) == asked.letter.lower())
        if self.at is not None:
            found += _between(self.at, asked)
        if self.amount is not None and asked.at_least_idr is not None:
            found.append(self.amount >= asked.at_least_idr)
        if self.amount is not None and asked.at_most_idr is not None:
            found.append(self.amount <= asked.at_most_idr)
        return found

    def order(self, asked: ListRequest) -> Order:
        """The requested sort, or the first one."""
        name = asked.sort if asked.sort in self.sorts else next(iter(self.sorts))
        sort, descending = self.sorts[name], self.sorts[name].descending
        if name == asked.sort and asked.descending is not None:
            descending = asked.descending
        return Order(name=name, key=sort.key, descending=descending)

    def _rows(
        self,
        session: Session,
        statement: Select[Any],
        order: Order,
        place: Place | None,
        *,
        limit: int,
    ) -> list[Row[Any]]:
        down = order.descending is not (place is not None and place.backward)
        columns = (order.key, self.id)
        if place is not None:
            start = tuple_(literal(place.key, order.key.type), literal(place.id, self.id.type))
            here = tuple_(*columns)
            statement = statement.where(here < start if down else here > start)
        statement = (
            statement.add_columns(order.key.label("list_key"), self.id.label("list_id"))
            .order_by(None)
            .order_by(*(column.desc() if down else column.asc() for column in columns))
            .limit(limit)
        )
        return list(session.execute(statement).unique(lambda row: row.list_id))

    def _count(self, session: Session, statement: Select[Any]) -> int:
        some = (
            statement.with_only_columns(self.id, maintain_column_froms=True)
            .order_by(None)
            .limit(self.counted + 1)
        )
        return int(session.scalar(select(func.count()).select_from(some.subquery())) or 0)


def states_of(column: Any, kind: Iterable[str]) -> dict[str, ColumnElement[bool]]:
    """The `states` of a list whose state is a column with the values of a StrEnum."""
    return {str(value): column == value for value in kind}


def row_as(kind: type[Item], row: Row[Any]) -> Item:
    """A row as the dataclass whose fields are named like its columns; the list's own left out."""
    values = dict(row._mapping)
    del values["list_key"], values["list_id"]
    return kind(**values)


def _number_of_first(place: Place | None, rows: int, more: bool) -> int:
    if place is None:
        return 1
    if not place.backward:
        return place.number
    # Rows that were added or removed meanwhile shift the numbers, but a first page begins with 1.
    return max(place.number - rows, 2) if more else 1


def _between(column: Any, asked: ListRequest) -> list[ColumnElement[bool]]:
    """From the first day to the last one, both included, in the request's time zone."""
    found = []
    on_a_day = isinstance(column.type, Date)
    if asked.since is not None:
        found.append(column >= (asked.since if on_a_day else _midnight(asked.since, asked.zone)))
    if asked.until is not None:
        after = asked.until + timedelta(days=1)
        found.append(column < (after if on_a_day else _midnight(after, asked.zone)))
    return found


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time_of_day.min, tzinfo=ZoneInfo(zone))
