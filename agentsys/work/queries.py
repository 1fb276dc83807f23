"""Reading the work queue: items in pages, one item, and counts by kind.

Items are not stored: they are read from the domain's tables, by partial indexes on open states, so
the cost depends only on the number of open items.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.people.models import Agent, User
from agentsys.work import open_items
from agentsys.work.columns import NOW
from agentsys.work.counts import Count
from agentsys.work.items import (
    Item,
    agent_of,
    columns_of,
    item,
    names_of,
    number_of,
    office_of,
    worker_of,
)
from agentsys.work.kind import Group, Kind
from agentsys.work.kinds import BY_KEY, KINDS
from agentsys.work.models import WorkAssignment


def waiting(
    session: Session, user: User, asked: ListRequest, *, counted: Sequence[Count] | None = None
) -> Page[Item]:
    """The items for the user, earliest due first.

    Pass the user's `counts`, so that items are not counted twice.
    """
    work, query = _of(user, _asked_kinds(asked, counted))
    listing = _listing(work, open_items.due_of(work), user)
    total = None if counted is None else _total(counted, asked)
    return listing.page(session, query.params(_values(user)), asked, total=total).map(item)


def one(session: Session, user: User, *, kind: str, subject: str) -> Item:
    """One open item that the user may see; NotFound when it is closed, or not the user's."""
    work, query = _of(user, {BY_KEY[kind]} if kind in BY_KEY else set())
    found = session.execute(
        query.where(work.c.kind == kind, work.c.subject == subject), _values(user)
    ).first()
    if found is None:
        raise NotFound("Pekerjaan ini sudah selesai, atau bukan bagian Anda.")
    return item(found)


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
    query = (
        select(*columns_of(user, work), *names_of(work, WorkAssignment))
        .select_from(work)
        .outerjoin(WorkAssignment, open_items.assigned(work))
        .where(shown if among else false())
    )
    return work, query


def _values(user: User) -> dict[str, Any]:
    return {"user_id": user.id, **open_items.moments()}


def _listing(work: Subquery, due: ColumnElement[datetime], user: User) -> Listing:
    def about(words: str) -> ColumnElement[bool]:
        columns = (agent_of(work), worker_of(work), office_of(work), work.c.about)
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
        id=number_of(work),
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
