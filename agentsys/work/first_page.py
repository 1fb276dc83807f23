"""The first page of the inbox with the counts by kind, which is what the inbox is opened with.

The sources are read once for both. The query is compiled once for all users of the same roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import BigInteger, DateTime, Select, bindparam, column, func, select
from sqlalchemy.orm import Session

from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.people.models import User
from agentsys.people.permissions import RoleHolder
from agentsys.work import open_items
from agentsys.work.columns import NOW
from agentsys.work.counts import Count
from agentsys.work.items import Item, columns_of, item, names_of, number_of
from agentsys.work.kinds import BY_KEY
from agentsys.work.models import WorkAssignment
from agentsys.work.written_query import rows

_EVERYTHING = ("", "all")


def is_asked_for(asked: ListRequest) -> bool:
    """Whether a request is for the first page of everything, earliest due first."""
    plain = ListRequest(
        size=asked.size, zone=asked.zone, tab=asked.tab, sort=asked.sort, problems=asked.problems
    )
    first = replace(asked, descending=None) == plain and not asked.descending
    return first and asked.tab in _EVERYTHING and asked.sort in ("", "due")


def read(session: Session, user: User, asked: ListRequest) -> tuple[Sequence[Count], Page[Item]]:
    """The counts by kind, and the first page; one statement."""
    found = rows(session, user, _query, asked.size + 1) if open_items.seen_kinds(user) else []
    counts = [_count(values) for values in (found[0].counts if found else ())]
    listing = _Read(
        id=column("list_id", BigInteger),
        sorts={"due": Sort(column("list_key", DateTime(timezone=True)))},
        rows=found,
    )
    total = sum(count.number for count in counts)
    return counts, listing.page(session, select(), asked, total=total).map(item)


@dataclass(frozen=True, kw_only=True)
class _Read(Listing):
    """A list whose first rows were read already."""

    rows: Sequence[Any]

    def _rows(self, *_args: Any, **_more: Any) -> list[Any]:
        return list(self.rows)


def _count(values: Sequence[Any]) -> Count:
    key, number, late, mine, amount_idr, oldest = values
    return Count(
        kind=BY_KEY[key],
        number=number,
        late=late,
        mine=mine,
        amount_idr=amount_idr,
        oldest=datetime.fromisoformat(oldest),
    )


def _query(user: RoleHolder, most: int) -> Select[Any]:
    work = open_items.united(frozenset(open_items.seen_kinds(user)))
    due = open_items.due_of(work)
    shown = (
        select(*columns_of(user, work))
        .select_from(work)
        .outerjoin(WorkAssignment, open_items.assigned(work))
        .where(open_items.visible(user, work, due))
        .cte("shown")
    )
    number = number_of(shown)
    first = (
        select(shown, number.label("list_id"), shown.c.due_at.label("list_key"))
        .order_by(shown.c.due_at, number)
        .limit(most)
        .subquery("first")
    )
    holders = SimpleNamespace(holder_id=first.c.holder_id, handed_by=first.c.handed_by_id)
    return select(first, *names_of(first, holders), _sums(shown).label("counts")).order_by(
        first.c.list_key, first.c.list_id
    )


def _sums(shown: Any) -> Any:
    mine = shown.c.holder_id == bindparam("user_id", type_=BigInteger)
    sums = (
        select(
            func.json_build_array(
                shown.c.kind,
                func.count(),
                func.count().filter(shown.c.due_at < NOW),
                func.count().filter(mine),
                func.coalesce(func.sum(shown.c.amount_idr), 0),
                func.min(shown.c.since),
            ).label("sums")
        )
        .group_by(shown.c.kind)
        .subquery("sums")
    )
    return select(func.json_agg(sums.c.sums)).scalar_subquery()
