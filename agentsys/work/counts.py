"""How much open work there is for a user, by kind; every page asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, bindparam, func, select
from sqlalchemy.orm import Session

from agentsys.people.models import User
from agentsys.people.permissions import RoleHolder
from agentsys.work import open_items
from agentsys.work.columns import NOW
from agentsys.work.kind import Kind
from agentsys.work.kinds import BY_KEY
from agentsys.work.models import WorkAssignment
from agentsys.work.written_query import rows

MOST_COUNTED = 100  # one more than the menu shows


@dataclass(frozen=True, kw_only=True)
class Count:
    """The count and sum of one kind."""

    kind: Kind
    number: int
    late: int
    mine: int
    amount_idr: int
    oldest: datetime


def counts(session: Session, user: User) -> list[Count]:
    """Count and sum of each kind that has items for the user; one statement."""
    if not open_items.seen_kinds(user):
        return []
    return [
        Count(
            kind=BY_KEY[key],
            number=number,
            late=late,
            mine=mine,
            amount_idr=int(amount),
            oldest=oldest,
        )
        for key, number, late, mine, amount, oldest in rows(session, user, _sums)
    ]


def numbers(session: Session, user: User) -> dict[Kind, int]:
    """How many items of each kind wait for the user, at most `MOST_COUNTED` from one source.

    Its time does not grow with what waits, so every page can ask.
    """
    if not open_items.seen_kinds(user):
        return {}
    return {BY_KEY[key]: number for key, number in rows(session, user, _first, MOST_COUNTED)}


def _sums(user: RoleHolder) -> Select[Any]:
    work = open_items.united(frozenset(open_items.seen_kinds(user)))
    due = open_items.due_of(work)
    mine = WorkAssignment.holder_id == bindparam("user_id", type_=BigInteger)
    return (
        select(
            work.c.kind,
            func.count(),
            func.count().filter(due < NOW),
            func.count().filter(mine),
            func.coalesce(func.sum(work.c.amount_idr), 0),
            func.min(work.c.since),
        )
        .select_from(work)
        .outerjoin(WorkAssignment, open_items.assigned(work))
        .where(open_items.visible(user, work, due))
        .group_by(work.c.kind)
    )


def _first(user: RoleHolder, most: int) -> Select[Any]:
    first = open_items.first_of_each(user, most=most)
    return select(first.c.kind, func.count()).group_by(first.c.kind)
