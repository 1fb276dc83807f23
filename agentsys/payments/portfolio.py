"""An agent's portfolio, page by page: who is due, overdue or paid, the oldest arrears first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import tariff
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.months import add_months, parse_month
from agentsys.workers.kinds import Funding, Programmes, Sector

# What is open, from the partial index that holds nothing else.
_OPEN = """
SELECT worker_id, min(month) AS oldest FROM contributions
WHERE agent_id = :agent_id AND payment_id IS NULL AND month <= :this_month GROUP BY worker_id
"""
_ENROLMENT = """
LEFT JOIN LATERAL (SELECT e.programmes, e.funding, e.from_month, e.until_month FROM enrolments e
    WHERE e.worker_id = w.id ORDER BY e.from_month DESC LIMIT 1) AS e ON true
"""
_PAID_THIS_MONTH = """
EXISTS (SELECT FROM contributions c WHERE c.worker_id = w.id
    AND c.month = :this_month AND c.payment_id IS NOT NULL)
"""
_EVER_PAID = """
EXISTS (SELECT FROM contributions c WHERE c.worker_id = w.id
    AND c.month >= e.from_month AND c.payment_id IS NOT NULL)
"""
# The order matters: what is looked for month by month is looked for in few workers.
_STANDING = f"""
CASE WHEN e.funding <> 'self' THEN 'sponsored'
    WHEN o.oldest < :this_month THEN 'arrears'
    WHEN o.oldest IS NOT NULL THEN 'due'
    WHEN {_PAID_THIS_MONTH} THEN 'paid'
    WHEN e.from_month IS NULL OR e.until_month <= :this_month THEN 'quiet'
    WHEN {_EVER_PAID} THEN 'quiet'
    ELSE 'first' END
"""
# The oldest month is always paid first: if it is open, nothing of this membership was ever paid.
_MINE = f"""
SELECT w.id, w.name, coalesce(o.oldest, :next_month) AS since, {_STANDING} AS standing,
    o.oldest <= e.from_month AS none_paid
FROM workers w {_ENROLMENT} LEFT JOIN ({_OPEN}) AS o ON o.worker_id = w.id
WHERE w.agent_id = :agent_id AND {{search}}
"""  # noqa: S608  # made of the constants above
_BY_AGE = f"SELECT m.id, m.since FROM ({_MINE}) AS m"  # noqa: S608
_BY_NAME = "SELECT m.id, CAST(NULL AS date) AS since FROM workers m"
_BY_NAME_OF = f"SELECT m.id, CAST(NULL AS date) AS since FROM ({_MINE}) AS m"  # noqa: S608
_NEVER_PAID = "(m.standing = 'first' OR (m.none_paid AND m.standing IN ('arrears', 'due')))"
_DETAILS = f"""
SELECT w.id, w.name, w.job, w.kelurahan, w.nik_masked, w.income_idr, w.sector,
    e.programmes, e.funding, e.from_month, coalesce(o.due_idr, 0) AS due_idr,
    coalesce(o.late, 0) AS late, p.until, {_STANDING} AS standing, o.oldest <= e.from_month
    AS none_paid,
    (SELECT max(y.id) FROM payments y
        WHERE y.worker_id = w.id AND y.state IN ('created', 'pending')) AS waiting_id
FROM workers w {_ENROLMENT}
LEFT JOIN LATERAL (
    SELECT sum(amount_idr) AS due_idr, count(*) FILTER (WHERE month < :this_month) AS late,
        min(month) AS oldest
    FROM contributions c WHERE c.agent_id = :agent_id AND c.worker_id = w.id
        AND c.payment_id IS NULL AND c.month <= :this_month) AS o ON true
LEFT JOIN LATERAL (
    SELECT max(month) AS until FROM contributions c
    WHERE c.worker_id = w.id AND c.confirmed_at IS NOT NULL) AS p ON true
WHERE w.id = ANY(CAST(:ids AS bigint[]))
"""  # noqa: S608  # made of the constants above
_COUNTS = f"""
SELECT count(*) AS every,
    count(*) FILTER (WHERE m.standing = 'arrears') AS arrears,
    count(*) FILTER (WHERE m.standing = 'due') AS due,
    count(*) FILTER (WHERE m.standing = 'first') AS unbilled,
    count(*) FILTER (WHERE {_NEVER_PAID}) AS first,
    count(*) FILTER (WHERE m.standing = 'paid') AS paid,
    count(*) FILTER (WHERE m.standing = 'sponsored') AS sponsored
FROM ({_MINE}) AS m
"""  # noqa: S608  # made of the constants above

# What each filter shows, and whether the oldest arrears come first or the names decide.
_SHOWN: Mapping[str, tuple[str, str]] = {
    "todo": (_BY_AGE, "m.standing IN ('arrears', 'due', 'first')"),
    "arrears": (_BY_AGE, "m.standing = 'arrears'"),
    "first": (_BY_AGE, _NEVER_PAID),
    "due": (_BY_AGE, "m.standing = 'due'"),
    "paid": (_BY_NAME_OF, "m.standing = 'paid'"),
    "sponsored": (_BY_NAME_OF, "m.standing = 'sponsored'"),
    "all": (_BY_NAME, "m.agent_id = :agent_id AND {search}"),
}
FILTERS: tuple[str, ...] = tuple(_SHOWN)
_AFTER = re.compile(r"(?:([0-9]{4}-[0-9]{2})\.)?([0-9]{1,18})")
_LAST_FOUR = 4


class Standing(StrEnum):
    """What an agent has to do about one worker this month."""

    ARREARS = "arrears"  # a month before this one is open
    DUE = "due"  # this month is open, and nothing before it
    FIRST = "first"  # enrolled, never billed and never paid
    PAID = "paid"  # this month is paid: in the agent's hands, on its way, or at BPJS
    SPONSORED = "sponsored"  # a budget or a donor pays, nobody is asked
    QUIET = "quiet"  # nothing is open, and this month is not paid


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One worker in a portfolio, with what is open and until when BPJS confirmed."""

    worker_id: int
    name: str
    job: str
    kelurahan: str
    last_four: str  # of the NIK: tells people of one name apart
    programmes: Programmes
    standing: Standing
    never_paid: bool  # no month of this membership was paid yet
    due_idr: int
    first_idr: int  # what the first month costs, where none is billed yet
    arrears_months: int
    paid_until: date | None  # the last month that BPJS confirmed, never from cash
    waiting_id: int | None  # a payment that was started and not heard of yet

    @property
    def collectable(self) -> bool:
        """Whether the agent asks this worker for money now."""
        asked = (Standing.ARREARS, Standing.DUE, Standing.FIRST)
        return self.standing in asked and self.waiting_id is None


@dataclass(frozen=True)
class Page:
    """Some entries, and what to ask for to see more (empty at the end)."""

    entries: Sequence[Entry]
    next: str


def portfolio(
    session: Session,
    *,
    agent_id: int,
    vault: Vault,
    filter: str = "todo",
    query: str = "",
    after: str = "",
    limit: int = 30,
) -> Page:
    """A page of an agent's workers; the query is a name's part, a NIK or its end, or a phone."""
    source, condition = _SHOWN[filter]
    search, values = _search(query, vault, "m" if source is _BY_NAME else "w")
    by_age = source is _BY_AGE
    order = "m.since, m.name, m.id" if by_age else "m.name, m.id"
    where = [condition]
    if after:
        start, more = _start(after, order, by_age=by_age)
        where.append(start)
        values |= more
    values |= _now(agent_id) | {"limit": limit + 1}
    statement = f"{source} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT :limit"
    rows = session.execute(text(statement.replace("{search}", search)), values).all()
    last = rows[limit - 1] if len(rows) > limit else None
    ids = [row.id for row in rows[:limit]]
    return Page(_entries(session, agent_id, ids), _token(last) if last else "")


def counts(session: Session, *, agent_id: int, vault: Vault, query: str = "") -> dict[str, int]:
    """How many workers each filter shows, of those whom the query finds."""
    search, values = _search(query, vault, "w")
    found = session.execute(
        text(_COUNTS.replace("{search}", search)), values | _now(agent_id)
    ).one()
    return {
        "todo": found.arrears + found.due + found.unbilled,
        "arrears": found.arrears,
        "first": found.first,
        "due": found.due,
        "paid": found.paid,
        "sponsored": found.sponsored,
        "all": found.every,
    }


def _now(agent_id: int) -> dict[str, Any]:
    now = clock.this_month()
    return {"agent_id": agent_id, "this_month": now, "next_month": add_months(now, 1)}


def _search(query: str, vault: Vault, workers: str) -> tuple[str, dict[str, Any]]:
    words = " ".join(query.split())
    digits = re.sub(r"[\s.\-+]", "", words)
    if not words:
        return "true", {}
    if not digits.isdecimal():
        escaped = re.sub(r"([\\%_])", r"\\\1", words)
        return f"{workers}.name ILIKE :pattern", {"pattern": f"%{escaped}%"}
    if len(digits) == 16:
        return f"{workers}.nik_index = :index", {"index": vault.index(digits)}
    if len(digits) <= _LAST_FOUR:
        ends = f"({workers}.nik_masked LIKE :end OR {workers}.phone LIKE :end)"
        return ends, {"end": f"%{digits}"}
    national = digits.removeprefix("62").removeprefix("0")
    return f"{workers}.phone LIKE :start", {"start": f"+62{national}%"}


def _start(after: str, order: str, *, by_age: bool) -> tuple[str, dict[str, Any]]:
    match = _AFTER.fullmatch(after)
    if match is None or bool(match[1]) is not by_age:
        raise Invalid("Halaman ini tidak dikenal. Kembali ke halaman pertama.")
    values: dict[str, Any] = {"after_id": int(match[2])}
    name = "(SELECT name FROM workers WHERE id = :after_id)"
    if not by_age:
        return f"({order}) > ({name}, :after_id)", values
    try:
        values["after_since"] = parse_month(match[1])
    except ValueError as error:
        raise Invalid("Halaman ini tidak dikenal. Kembali ke halaman pertama.") from error
    return f"({order}) > (:after_since, {name}, :after_id)", values


def _token(row: Any) -> str:
    return f"{row.since:%Y-%m}.{row.id}" if row.since else str(row.id)


def _entries(session: Session, agent_id: int, ids: Sequence[int]) -> list[Entry]:
    rows = session.execute(text(_DETAILS), _now(agent_id) | {"ids": list(ids)})
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
        job=row.job,
        kelurahan=row.kelurahan,
        last_four=row.nik_masked[-_LAST_FOUR:],
        programmes=programmes,
        standing=standing,
        never_paid=standing is Standing.FIRST or bool(row.none_paid),
        due_idr=int(row.due_idr),
        first_idr=first_idr,
        arrears_months=row.late,
        paid_until=row.until,
        waiting_id=row.waiting_id,
    )
