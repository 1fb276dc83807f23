"""Items of the work queue, and the columns that they are read from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Subquery, func, select

from agentsys import clock
from agentsys.people.models import Agent, Office, User
from agentsys.people.permissions import RoleHolder
from agentsys.work import open_items
from agentsys.work.kind import Kind
from agentsys.work.kinds import BY_KEY
from agentsys.work.models import WorkAssignment
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class Item:
    """One thing that waits for a person."""

    kind: Kind
    subject: str
    office_id: int | None
    office: str
    agent: str
    worker: str
    about: str  # what identifies the item: a slip number, a code, a file name, a reason
    amount_idr: int | None
    since: datetime
    due_at: datetime
    holder_id: int | None
    holder: str
    taken_at: datetime | None
    handed_by: str
    note: str
    escalated: bool  # shown to this user only because it is escalated

    @property
    def is_late(self) -> bool:
        """Whether its due time has passed."""
        return self.due_at < clock.now()


def item(row: Any) -> Item:
    """The item of a row with `columns_of` and `names_of`."""
    return Item(
        kind=BY_KEY[row.kind],
        subject=row.subject,
        office_id=row.office_id,
        office=row.office or "",
        agent=row.agent or "",
        worker=row.worker or "",
        about=row.about or "",
        amount_idr=row.amount_idr,
        since=row.since,
        due_at=row.due_at,
        holder_id=row.holder_id,
        holder=row.holder or "",
        taken_at=row.taken_at,
        handed_by=row.handed_by or "",
        note=row.note or "",
        escalated=row.escalated,
    )


def columns_of(user: RoleHolder, work: Subquery) -> list[ColumnElement[Any]]:
    """The columns of an item, of the open work joined with who holds it."""
    own = [kind.key for kind in open_items.own_kinds(user)]
    held: Any = WorkAssignment
    return [
        work.c.kind,
        work.c.subject,
        work.c.about,
        work.c.amount_idr,
        work.c.since,
        open_items.due_of(work).label("due_at"),
        work.c.office_id,
        work.c.agent_id,
        work.c.worker_id,
        held.holder_id,
        held.taken_at,
        held.handed_by.label("handed_by_id"),
        held.note,
        work.c.kind.not_in(own).label("escalated"),
    ]


def names_of(work: Any, held: Any) -> list[ColumnElement[Any]]:
    """The names of whom an item is about, and of who holds it or handed it over.

    They are subqueries: PostgreSQL evaluates these for the rows of a page only.
    """
    return [
        office_of(work).label("office"),
        agent_of(work).label("agent"),
        worker_of(work).label("worker"),
        _name(held.holder_id).label("holder"),
        _name(held.handed_by).label("handed_by"),
    ]


def office_of(work: Any) -> ColumnElement[str]:
    """The name of an item's office."""
    return select(Office.name).where(Office.id == work.c.office_id).scalar_subquery()


def agent_of(work: Any) -> ColumnElement[str]:
    """The name of an item's agent."""
    return select(Agent.name).where(Agent.id == work.c.agent_id).scalar_subquery()


def worker_of(work: Any) -> ColumnElement[str]:
    """The name of an item's worker."""
    return select(Worker.name).where(Worker.id == work.c.worker_id).scalar_subquery()


def number_of(work: Any) -> ColumnElement[int]:
    """A number for each item, by which those with the same due time are ordered."""
    name = func.concat(work.c.kind, ":", work.c.subject)
    hashed: ColumnElement[int] = func.hashtextextended(name, 0, type_=BigInteger)
    return hashed.op("&")(2**62 - 1) + 1


def _name(user_id: Any) -> ColumnElement[str]:
    return select(User.name).where(User.id == user_id).scalar_subquery()
