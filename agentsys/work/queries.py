"""Reading the work queue: items in pages, one item, and counts by kind.

Items are not stored: they are read from the domain's tables, by partial indexes on open states, so
the cost depends only on the number of open items.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.people.models import Agent, Office, User
from agentsys.work import open_items
from agentsys.work.columns import NOW
from agentsys.work.counts import Count
from agentsys.work.kind import Group, Kind
from agentsys.work.kinds import BY_KEY, KINDS
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


def waiting(
    session: Session, user: User, asked: ListRequest, *, counted: Sequence[Count] | None = None
) -> Page[Item]:
    """The items for the user, earliest due first.

    Pass the user's `counts`, so that items are not counted twice.
    """
    work, query = _of(user, _asked_kinds(asked, counted))
    listing = _listing(work, open_items.due_of(work), user)
    total = None if counted is None else _total(counted, asked)
    return listing.page(session, query.params(_values(user)), asked, total=total).map(_item)


def one(session: Session, user: User, *, kind: str, subject: str) -> Item:
    """One open item that the user may see; NotFound when it is settled, or not the user's."""
    work, query = _of(user, {BY_KEY[kind]} if kind in BY_KEY else set())
    found = session.execute(
        query.where(work.c.kind == kind, work.c.subject == subject), _values(user)
    ).first()
    if found is None:
        raise NotFound("Pekerjaan ini sudah selesai, atau bukan bagian Anda.")
    return _item(found)


def _total(counted: Sequence[Count], asked: ListRequest) -> int | None:
    """How many items a request asks for; None if the counts do not tell."""
    span = (asked.since, asked.until, asked.at_least_idr, asked.at_most_idr)
    if asked.query or asked.agent or span != (None,) * len(span):
        return None
    found = [count for count in counted if asked.state in ("", count.kind.key)]
    if asked.state not in BY_KEY:
        found = list(counted)
    if asked.tab in ("late", "mine"):
        return sum(count.late if asked.tab == "late" else count.mine for count in found)
    groups = [group for group in Group if group.value == asked.tab] or list(Group)
    return sum(count.number for count in found if count.kind.group in groups)


def _asked_kinds(asked: ListRequest, counted: Sequence[Count] | None) -> set[Kind]:
    """The kinds of which a request can find an item; only their sources are read."""
    found = set(KINDS) if counted is None else {count.kind for count in counted}
    if asked.state in BY_KEY:
        found &= {BY_KEY[asked.state]}
    if asked.tab in list(Group):
        found = {kind for kind in found if kind.group.value == asked.tab}
    return found


def _of(user: User, wanted: Collection[Kind]) -> tuple[Subquery, Select[Any]]:
    """The user's items of these kinds as one subquery, and the query that reads them."""
    seen = open_items.seen_kinds(user)
    if not seen:
        raise NotFound()
    among = [kind for kind in seen if kind in wanted]
    work = open_items.united(frozenset(among or seen[:1]))  # a query needs a source
    shown = open_items.visible(user, work, open_items.due_of(work), among=among)
    return work, _items(user, work, shown if among else false())


# Names are read by subqueries: PostgreSQL evaluates these for the rows of the page only.
def _office(work: Subquery) -> ColumnElement[str]:
    return select(Office.name).where(Office.id == work.c.office_id).scalar_subquery()


def _agent(work: Subquery) -> ColumnElement[str]:
    return select(Agent.name).where(Agent.id == work.c.agent_id).scalar_subquery()


def _worker(work: Subquery) -> ColumnElement[str]:
    return select(Worker.name).where(Worker.id == work.c.worker_id).scalar_subquery()


def _user(user_id: Any) -> ColumnElement[str]:
    return select(User.name).where(User.id == user_id).scalar_subquery()


def _items(user: User, work: Subquery, condition: ColumnElement[bool]) -> Select[Any]:
    """The query of the items that fulfil a condition, with names of people."""
    own = [kind.key for kind in open_items.own_kinds(user)]
    return (
        select(
            work.c.kind,
            work.c.subject,
            work.c.about,
            work.c.amount_idr,
            work.c.since,
            open_items.due_of(work).label("due_at"),
            work.c.office_id,
            _office(work).label("office"),
            _agent(work).label("agent"),
            _worker(work).label("worker"),
            WorkAssignment.holder_id,
            WorkAssignment.taken_at,
            WorkAssignment.note,
            _user(WorkAssignment.holder_id).label("holder"),
            _user(WorkAssignment.handed_by).label("handed_by"),
            work.c.kind.not_in(own).label("escalated"),
        )
        .select_from(work)
        .outerjoin(WorkAssignment, open_items.assigned(work))
        .where(condition)
    )


def _values(user: User) -> dict[str, Any]:
    return {"user_id": user.id, **open_items.moments()}


def _listing(work: Subquery, due: ColumnElement[datetime], user: User) -> Listing:
    def about(words: str) -> ColumnElement[bool]:
        columns = (_agent(work), _worker(work), _office(work), work.c.about)
        return or_(*(column.icontains(words, autoescape=True) for column in columns))

    def of_agent(words: str) -> ColumnElement[bool]:
        agents = select(Agent.id).where(
            or_(Agent.name.icontains(words, autoescape=True), Agent.code == words.upper())
        )
        return work.c.agent_id.in_(agents)

    tabs = {"late": due < NOW, "mine": WorkAssignment.holder_id == user.id}
    for group in Group:
        keys = [kind.key for kind in KINDS if kind.group is group]
        tabs[group.value] = work.c.kind.in_(keys)
    amount = func.coalesce(work.c.amount_idr, 0)
    return Listing(
        id=_number(work),
        sorts={
            "due": Sort(due),
            "amount": Sort(amount, descending=True),
            "since": Sort(work.c.since),
        },
        search=about,
        tabs=tabs,
        states={kind.key: work.c.kind == kind.key for kind in KINDS},
        agent=of_agent,
        at=work.c.since,
        amount=amount,
    )


def _number(work: Subquery) -> ColumnElement[int]:
    """A number for each item, by which those with the same due time are ordered."""
    name = func.concat(work.c.kind, ":", work.c.subject)
    hashed: ColumnElement[int] = func.hashtextextended(name, 0, type_=BigInteger)
    return hashed.op("&")(2**62 - 1) + 1


def _item(row: Any) -> Item:
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
