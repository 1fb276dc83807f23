"""An agent's portfolio, page by page: who is due, overdue or paid, the oldest arrears first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.months import parse_month
from agentsys.workers.models import Programmes

# What is open, from the partial index that holds nothing else.
_OPEN = """
SELECT worker_id, min(month) AS oldest FROM contributions
WHERE agent_id = :agent_id AND payment_id IS NULL AND month <= :this_month GROUP BY worker_id
"""
_OPEN_FIRST = f"""
SELECT w.id, w.name, w.job, o.oldest FROM ({_OPEN}) AS o
JOIN workers w ON w.id = o.worker_id AND w.agent_id = :agent_id
"""  # noqa: S608  # made of the constant above
_BY_NAME = "SELECT w.id, w.name, w.job, CAST(NULL AS date) AS oldest FROM workers w"
_PAID_UP = """
NOT EXISTS (SELECT FROM contributions c WHERE c.agent_id = :agent_id AND c.worker_id = w.id
    AND c.payment_id IS NULL AND c.month <= :this_month)
"""
_DETAILS = """
SELECT w.id,
    (SELECT e.programmes FROM enrolments e WHERE e.worker_id = w.id
        ORDER BY e.from_month DESC LIMIT 1),
    coalesce(o.due_idr, 0), coalesce(o.late, 0), p.until,
    EXISTS (SELECT FROM payments y WHERE y.worker_id = w.id AND y.state IN ('created', 'pending'))
FROM unnest(CAST(:ids AS bigint[])) AS w(id)
LEFT JOIN LATERAL (
    SELECT sum(amount_idr) AS due_idr, count(*) FILTER (WHERE month < :this_month) AS late
    FROM contributions c WHERE c.agent_id = :agent_id AND c.worker_id = w.id
        AND c.payment_id IS NULL AND c.month <= :this_month) AS o ON true
LEFT JOIN LATERAL (
    SELECT max(month) AS until FROM contributions c
    WHERE c.worker_id = w.id AND c.confirmed_at IS NOT NULL) AS p ON true
"""
_COUNTS = f"""
SELECT (SELECT count(*) FROM workers WHERE agent_id = :agent_id),
    count(*) FILTER (WHERE oldest < :this_month), count(*) FILTER (WHERE oldest = :this_month)
FROM ({_OPEN_FIRST}) AS o
"""  # noqa: S608  # made of the constants above

# What each filter shows, and whether the oldest arrears come first or the names decide.
_SHOWN: Mapping[str, tuple[str, str]] = {
    "todo": (_OPEN_FIRST, "true"),
    "arrears": (_OPEN_FIRST, "o.oldest < :this_month"),
    "due": (_OPEN_FIRST, "o.oldest = :this_month"),
    "paid": (_BY_NAME, _PAID_UP),
    "all": (_BY_NAME, "true"),
}
FILTERS: tuple[str, ...] = tuple(_SHOWN)
_AFTER = re.compile(r"(?:([0-9]{4}-[0-9]{2})\.)?([0-9]{1,18})")
_LAST_FOUR = 4


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One worker in a portfolio, with what is open and until when BPJS confirmed."""

    worker_id: int
    name: str
    job: str
    programmes: Programmes
    due_idr: int
    arrears_months: int
    paid_until: date | None  # the last month that BPJS confirmed, never from cash
    waiting: bool  # a payment was started and not heard of yet


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
    search, values = _search(query, vault)
    where = ["w.agent_id = :agent_id", condition, search]
    order = "w.name, w.id"
    if source is _OPEN_FIRST:
        order = "o.oldest, w.name, w.id"
    if after:
        start, more = _start(after, order)
        where.append(start)
        values |= more
    values |= {"agent_id": agent_id, "this_month": clock.this_month(), "limit": limit + 1}
    statement = f"{source} WHERE {' AND '.join(where)} ORDER BY {order} LIMIT :limit"
    rows = session.execute(text(statement), values).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(_entries(session, agent_id, rows[:limit]), _token(last) if last else "")


def counts(session: Session, *, agent_id: int) -> dict[str, int]:
    """How many workers each filter shows."""
    values = {"agent_id": agent_id, "this_month": clock.this_month()}
    all_, late, due = session.execute(text(_COUNTS), values).one()
    todo = late + due
    return {"todo": todo, "arrears": late, "due": due, "paid": all_ - todo, "all": all_}


def _search(query: str, vault: Vault) -> tuple[str, dict[str, Any]]:
    words = " ".join(query.split())
    digits = re.sub(r"[\s.\-+]", "", words)
    if not words:
        return "true", {}
    if not digits.isdecimal():
        escaped = re.sub(r"([\\%_])", r"\\\1", words)
        return "w.name ILIKE :pattern", {"pattern": f"%{escaped}%"}
    if len(digits) == 16:
        return "w.nik_index = :index", {"index": vault.index(digits)}
    if len(digits) <= _LAST_FOUR:
        return "(w.nik_masked LIKE :end OR w.phone LIKE :end)", {"end": f"%{digits}"}
    national = digits.removeprefix("62").removeprefix("0")
    return "w.phone LIKE :start", {"start": f"+62{national}%"}


def _start(after: str, order: str) -> tuple[str, dict[str, Any]]:
    match = _AFTER.fullmatch(after)
    by_oldest = order.startswith("o.")
    if match is None or bool(match[1]) is not by_oldest:
        raise Invalid("Halaman ini tidak dikenal. Kembali ke halaman pertama.")
    values: dict[str, Any] = {"after_id": int(match[2])}
    name = "(SELECT name FROM workers WHERE id = :after_id)"
    if not by_oldest:
        return f"({order}) > ({name}, :after_id)", values
    try:
        values["after_oldest"] = parse_month(match[1])
    except ValueError as error:
        raise Invalid("Halaman ini tidak dikenal. Kembali ke halaman pertama.") from error
    return f"({order}) > (:after_oldest, {name}, :after_id)", values


def _token(row: Any) -> str:
    return f"{row.oldest:%Y-%m}.{row.id}" if row.oldest else str(row.id)


def _entries(session: Session, agent_id: int, rows: Sequence[Any]) -> list[Entry]:
    this_month = clock.this_month()
    values = {"agent_id": agent_id, "this_month": this_month, "ids": [row.id for row in rows]}
    details = {row[0]: row[1:] for row in session.execute(text(_DETAILS), values)}
    entries = []
    for row in rows:
        programmes, due_idr, late, paid_until, waiting = details[row.id]
        entries.append(
            Entry(
                worker_id=row.id,
                name=row.name,
                job=row.job,
                programmes=Programmes(programmes or Programmes.TWO),
                due_idr=int(due_idr),
                arrears_months=late,
                paid_until=paid_until,
                waiting=waiting,
            )
        )
    return entries
