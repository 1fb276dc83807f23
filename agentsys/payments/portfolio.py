"""An agent's portfolio, page by page: who is due, overdue or paid, the oldest arrears first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    LargeBinary,
    String,
    and_,
    bindparam,
    cast,
    column,
    func,
    or_,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import released_tariffs, tariff
from agentsys.contributions.coverage import GRACE_MONTHS
from agentsys.crypto import Vault
from agentsys.listing.pages import COUNTED, Listing, Page, Sort, states_of
from agentsys.listing.request import ListRequest
from agentsys.months import add_months
from agentsys.payments.portfolio_search import LAST_FOUR, found_by
from agentsys.payments.portfolio_sql import ALONE, DETAILS, IN_LIST, MINE
from agentsys.workers.kinds import Ecosystem, Funding, Programmes, Sector
from agentsys.workers.models import Worker

FILTERS = ("todo", "arrears", "first", "due", "paid", "sponsored", "all")
_COUNTED = (*FILTERS, "ending")
_BY_AGE = ("todo", "arrears", "first", "due")
_TODO = ListRequest(tab="todo")


class Standing(StrEnum):
    """A worker's payment status this month, from the agent's point of view."""

    ARREARS = "arrears"  # a month before this one is open
    DUE = "due"  # this month is open, and nothing before it
    FIRST = "first"  # enrolled, never billed and never paid
    PAID = "paid"  # this month is paid: in the agent's hands, on its way, or at BPJS
    SPONSORED = "sponsored"  # a budget or a donor pays, so the agent does not collect
    QUIET = "quiet"  # nothing is open, and this month is not paid


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One worker in a portfolio, with what is open and until when BPJS confirmed."""

    worker_id: int
    name: str
    plain: Mapping[str, str]  # the plain columns that are shown in lists
    last_four: str  # of the NIK, to distinguish workers with one name
    programmes: Programmes
    standing: Standing
    never_paid: bool  # no month of this membership was paid yet
    due_idr: int
    first_idr: int  # what the first month costs, where none is billed yet
    arrears_months: int
    paid_until: date | None  # the last month that BPJS confirmed; collected money does not count
    waiting_id: int | None  # a pending payment
    payer: str  # who pays for the worker; empty if the worker does
    closes_tonight: bool = False  # the membership, since its arrears are too old

    @property
    def collectable(self) -> bool:
        """Whether the agent may collect from this worker now."""
        asked = (Standing.ARREARS, Standing.DUE, Standing.FIRST)
        return self.standing in asked and self.waiting_id is None and not self.closes_tonight


def portfolio(
    session: Session,
    *,
    agent_id: int,
    vault: Vault,
    asked: ListRequest = _TODO,
    counted: int = COUNTED,
    totals: Mapping[str, int] | None = None,
) -> Page[Entry]:
    """A page of an agent's workers; searched by part of a name, NIK or its end, or phone.

    Pass the `counts` of the same query as `totals`, so that rows are not counted twice.
    """
    tab = asked.tab if asked.tab in FILTERS else "all"
    # All workers by name come from one index; their debts need not be read.
    plain = tab == "all" and asked.sort not in ("oldest", "due")
    of = Worker.__table__ if plain else _mine(searched=bool(asked.query))
    listing = Listing(
        id=of.c.id,
        sorts=_sorts(of, tab, standing=not plain),
        search=lambda words: found_by(words, vault, of),
        tabs={} if plain else _tabs(of),
        letter=of.c.name,
        counted=counted,
        **_places(of),
    )
    statement = select(of.c.id)
    if plain:
        statement = statement.where(of.c.agent_id == agent_id)
    # Those with one letter, ecosystem or group are counted by nobody else.
    total = totals[tab] if totals is not None and not _narrowed(asked) else None
    page = listing.page(session, statement.params(**_now(agent_id)), asked, total=total)
    return page.holding(_entries(session, agent_id, [row.id for row in page.rows]))


def portfolio_and_counts(
    session: Session, *, agent_id: int, vault: Vault, asked: ListRequest
) -> tuple[Page[Entry], dict[str, int]]:
    """A page of an agent's workers and the `counts` of its query; how they stand is found once."""
    tab = asked.tab if asked.tab in FILTERS else "all"
    words = " ".join(asked.query.split())
    listing, statement = _list_of(_found(words, vault), tab) if words else _all_with_counts(tab)
    statement = statement.params(**_now(agent_id))
    # What is searched for is found already. The counts tell the total, but not of a part of them.
    total = None if _narrowed(asked) else 0
    page = listing.page(session, statement, replace(asked, tab=tab, query=""), total=total)
    if page.rows:
        numbers_found = {name: int(page.rows[0]._mapping[name]) for name in _COUNTED}
    else:
        numbers_found = counts(session, agent_id=agent_id, vault=vault, query=words)
    if total is not None:
        total = numbers_found[tab]
        page = replace(page, total=min(total, COUNTED), more_than_counted=total > COUNTED)
    entries = _entries(session, agent_id, [row.id for row in page.rows])
    return page.holding(entries), numbers_found


@cache
def _all_with_counts(tab: str) -> tuple[Listing, Any]:
    """The same for all workers, built once: each agent's first page needs it."""
    return _list_of(select(_mine(searched=False)), tab)


def _list_of(found: Any, tab: str) -> tuple[Listing, Any]:
    """The list of one filter, and the query of its workers with the counts of all filters."""
    of = found.cte("found")
    counted = _counted(of).cte("counted")
    listing = Listing(
        id=of.c.id,
        sorts=_sorts(of, tab, standing=True),
        tabs=_tabs(of),
        letter=of.c.name,
        **_places(of),
    )
    numbers = [counted.c[name] for name in _COUNTED]
    return listing, select(of.c.id, *numbers).join_from(of, counted, true())


def _places(of: Any) -> dict[str, Any]:
    """The filters by ecosystem and group."""
    return {"ecosystems": states_of(of.c.ecosystem, Ecosystem), "group": of.c.group_id}


def _narrowed(asked: ListRequest) -> bool:
    return bool(asked.letter or asked.ecosystem in set(Ecosystem) or asked.group is not None)


def counts(session: Session, *, agent_id: int, vault: Vault, query: str = "") -> dict[str, int]:
    """How many workers each filter shows, of those whom the query finds.

    `ending` counts those whose membership ends with this month, unless they pay their arrears.
    """
    found = _found(" ".join(query.split()), vault).subquery("found")
    return dict(session.execute(_counted(found), _now(agent_id)).one()._mapping)


def _found(words: str, vault: Vault) -> Any:
    """The agent's workers whom the query finds, with their status."""
    mine = _mine(searched=bool(words))
    found: Any = select(mine)
    return found.where(found_by(words, vault, mine)) if words else found


def _counted(of: Any) -> Any:
    """One row: how many workers each filter shows."""
    shown = _tabs(of)
    numbers = (func.count().filter(condition).label(name) for name, condition in shown.items())
    ending = func.count().filter(_ends_this_month(of)).label("ending")
    row: Any = select(*numbers, func.count().label("all"), ending).select_from(of)
    return row


def _mine(*, searched: bool) -> Any:
    """Query of the agent's workers with their open amounts and status.

    The search runs first, by an index; other data is read for its results only.
    """
    return (
        text(MINE if searched else MINE + ALONE)
        .columns(
            column("id", BigInteger),
            column("name", String),
            column("phone", String),
            column("nik_index", LargeBinary),
            column("nik_masked", String),
            column("created_at", DateTime(timezone=True)),
            column("ecosystem", String),
            column("group_id", BigInteger),
            column("since", Date),
            column("due_idr", BigInteger),
            column("standing", String),
            column("none_paid", Boolean),
        )
        .subquery("m")
    )


def _sorts(of: Any, tab: str, *, standing: bool) -> dict[str, Sort]:
    """The sorts of the list, its usual one first; what is owed is known only with the standing."""
    sorts = {"name": Sort(of.c.name), "newest": Sort(of.c.created_at, descending=True)}
    if not standing:
        return sorts
    # One sort key: age of the arrears first, then the name.
    oldest = Sort(cast(func.to_char(of.c.since, "YYYYMM").concat(of.c.name), String))
    due = Sort(of.c.due_idr, descending=True)
    if tab in _BY_AGE:
        return {"oldest": oldest, **sorts, "due": due}
    return {**sorts, "oldest": oldest, "due": due}


def _tabs(of: Any) -> dict[str, ColumnElement[bool]]:
    owing = of.c.standing.in_(["arrears", "due"])
    return {
        "todo": or_(owing, of.c.standing == "first"),
        "arrears": of.c.standing == "arrears",
        "first": or_(of.c.standing == "first", and_(of.c.none_paid, owing)),
        "due": of.c.standing == "due",
        "paid": of.c.standing == "paid",
        "sponsored": of.c.standing == "sponsored",
    }


def _ends_this_month(of: Any) -> ColumnElement[bool]:
    ending = of.c.since == bindparam("ending_since", type_=Date)
    return and_(of.c.standing == "arrears", ending, of.c.none_paid.is_(False))


def _now(agent_id: int) -> dict[str, Any]:
    now = clock.this_month()
    return {
        "agent_id": agent_id,
        "this_month": now,
        "next_month": add_months(now, 1),
        "ending_since": add_months(now, 1 - GRACE_MONTHS),
    }


def _entries(session: Session, agent_id: int, ids: Sequence[int]) -> list[Entry]:
    rows = session.execute(text(DETAILS), _now(agent_id) | {"ids": list(ids)}).all()
    if any(row.standing == Standing.FIRST for row in rows):
        released_tariffs.refresh(session)  # their first month is priced here
    found = {row.id: _entry(row) for row in rows}
    return [found[worker_id] for worker_id in ids]


def _entry(row: Any) -> Entry:
    programmes, standing = Programmes(row.programmes or Programmes.TWO), Standing(row.standing)
    first_idr = 0
    if standing is Standing.FIRST:
        first_idr = tariff.price(
            month=max(row.from_month, clock.this_month()),
            income_idr=row.income_idr,
            programmes=programmes,
            sector=Sector(row.sector),
            funding=Funding(row.funding),
        ).amount_idr
    return Entry(
        worker_id=row.id,
        name=row.name,
        plain={name: getattr(row, name) for name in IN_LIST},
        last_four=row.nik_masked[-LAST_FOUR:],
        programmes=programmes,
        standing=standing,
        never_paid=standing is Standing.FIRST or bool(row.none_paid),
        due_idr=int(row.due_idr),
        first_idr=first_idr,
        arrears_months=row.late,
        paid_until=row.until,
        waiting_id=row.waiting_id,
        payer=Funding(row.funding).short if row.funding else "",
    )
