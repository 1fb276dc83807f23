"""Finding the rows of a table that were written since it was proven.

PostgreSQL keeps the writing transaction in each row. Small tables are read whole. Of large ones,
partitions in which nothing was written are not read, and of append-only ones only the end; but if
PostgreSQL counted more than is found there, the whole table is read (see `ledger.counted`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.ledger import counted
from agentsys.ledger.counted import Counts, Known

APPEND_ONLY = ("entries", "postings", "payment_moves", "receipts")
# Its rows change when their payment ends, and are never removed.
NEVER_SMALLER = "payment_months"

# The keys of rows written since go into the sets that checks use. A payment is in a deposit, if it
# is cash, or is for a deposit. Payments come before what belongs to them.
KEYS: dict[str, dict[str, str]] = {
    "entries": {"entries": "id"},
    "postings": {"entries": "entry_id"},
    "payments": {"payments": "id", "deposits": "coalesce(deposit_id, for_deposit_id)"},
    "payment_moves": {"payments": "payment_id"},
    "payment_months": {"payments": "payment_id"},
    "receipts": {"payments": "payment_id"},
    "debit_tries": {"payments": "payment_id"},
    "cash_reversals": {"payments": "payment_id"},
    "contributions": {
        "payments": "payment_id",
        "remittances": "remittance_id",
        "workers": "worker_id",
        "bills": "bill_id",
        "months": "to_char(month, 'YYYYMM')::bigint",
    },
    "bills": {"bills": "id"},
    "deposits": {"deposits": "id"},
    "remittances": {"remittances": "id"},
    "statements": {"statements": "id"},
    "gateway_fees": {"fees": "id"},
    "statement_lines": {"statements": "statement_id"},
    "workers": {"workers": "id"},
    "assignments": {"workers": "worker_id"},
    "enrolments": {"workers": "worker_id"},
    "kept_figures": {"months": "to_char(month, 'YYYYMM')::bigint"},
    "month_closings": {"closings": "id"},
    "closed_balances": {"closings": "closing_id"},
}
TOTALS = {
    NEVER_SMALLER: "count(*)",
    "payments": "coalesce(sum(amount_idr) FILTER (WHERE deposit_id IS NOT NULL), 0)",
    "deposits": (
        "coalesce(sum(amount_idr) FILTER (WHERE state NOT IN ('returned', 'withdrawn')), 0)"
    ),
    "contributions": "count(remittance_id)",
    "remittances": "coalesce(sum(count) FILTER (WHERE state <> 'cancelled'), 0)",
    "statement_lines": "coalesce(sum(amount_idr), 0)",
    "statements": "coalesce(sum(agent_idr + office_idr), 0)",
    "workers": "count(agent_id)",
    "assignments": "count(*) FILTER (WHERE until_month IS NULL)",
}

# New rows have the highest keys. Some are a little lower, because a transaction that drew its key
# earlier can commit later.
_RISING = ("entries", "postings")
_BEFORE_THE_END = 100_000

_AGE = "age(CAST(CAST(greatest(CAST(:{} AS bigint) % 4294967296, 3) AS text) AS xid))"


@dataclass(frozen=True)
class _Table:
    name: str
    counts: Mapping[str, Counts]
    known: Mapping[str, Known]
    now: int  # all transactions before it have ended

    def since(self, part: str = "") -> int:
        """The transaction from which on rows of a partition, or of the table, are new."""
        if part in self.known:
            return self.known[part].point
        return min(each.point for each in self.known.values())


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What was found in one table."""

    since: int  # the transaction from which on rows are new
    before: int  # rows written before that; only of append-only tables
    total: int  # of TOTALS
    removed: bool  # rows may have been deleted
    keys: dict[str, list[int]]  # what was written since, by the set that it belongs to
    parts: dict[str, Known]  # what to remember once it is proven
    is_smaller: bool = False  # rows were deleted from a table that never loses any


def ages(session: Session, *, since: int, now: int) -> dict[str, int]:
    """The ages of rows that were written since, and of those that are finished.

    They are counted from the current transaction, so they hold only in it.
    """
    found = session.execute(
        text(f"SELECT {_AGE.format('since')}, {_AGE.format('now')}"), {"since": since, "now": now}
    ).one()
    return {"since_age": found[0], "now_age": found[1]}


def scan(session: Session, name: str, *, now: int, payments: Sequence[int]) -> Scanned:
    """What was written in a table since it was proven; `payments` are those written since."""
    table = _Table(name, counted.of(session, name), counted.known(session, name), now)
    if not counted.is_large(table.counts):
        return _whole(session, table)
    if name not in APPEND_ONLY:
        return _written_parts(session, table)
    return _end(session, table, payments) or _whole(session, table)


def count(session: Session, name: str, counts: Mapping[str, Counts], now: int) -> dict[str, Known]:
    """What to remember of a table of which every row was checked; counts from before that."""
    if name not in APPEND_ONLY:
        return {
            part: Known(point=now, total=_total(session, name, part), counts=each)
            for part, each in counts.items()
        }
    found, rows, highest = session.execute(
        text(
            "SELECT count(*), count(*) FILTER (WHERE age(xmin) > :now_age),"  # noqa: S608
            f" {_highest(name)} FROM {name}"
        ),
        ages(session, since=now, now=now),
    ).one()
    return {
        part: Known(point=now, rows=rows, highest=highest, counted_rows=found, counts=each)
        for part, each in counts.items()
    }


def _whole(session: Session, table: _Table) -> Scanned:
    """Find what was written in a table by reading all of its rows."""
    name, since = table.name, table.since()
    # No DISTINCT: with it the table would be read by one process.
    found = [
        f"array_agg({column}) FILTER (WHERE age(xmin) <= :since_age AND {column} IS NOT NULL)"
        for column in KEYS[name].values()
    ]
    rows, before, done, highest, total, *keys = session.execute(
        text(
            "SELECT count(*), count(*) FILTER (WHERE age(xmin) > :since_age),"  # noqa: S608
            f" count(*) FILTER (WHERE age(xmin) > :now_age), {_highest(name)},"
            f" {TOTALS.get(name, '0')}, {', '.join(found)} FROM {name}"
        ),
        ages(session, since=since, now=table.now),
    ).one()
    return Scanned(
        since=since,
        before=before,
        total=int(total),
        removed=True,  # nothing says that it is not so
        keys=_by_set(name, keys),
        parts={
            part: Known(
                point=table.now,
                rows=done,
                highest=highest,
                counted_rows=rows,
                counts=_not_late(counts, rows, table.known.get(part)),
            )
            for part, counts in table.counts.items()
        }
        if name in APPEND_ONLY
        else count(session, name, table.counts, table.now),
        is_smaller=_is_smaller(table, int(total)),
    )


def _is_smaller(table: _Table, rows: int) -> bool:
    if table.name != NEVER_SMALLER:
        return False
    [(part, before)] = table.known.items()
    now = table.counts[part]
    deleted = now.since == before.counts.since and now.deleted > before.counts.deleted
    return deleted or rows < before.total


def _not_late(counts: Counts, rows: int, before: Known | None) -> Counts:
    """The counts, corrected by inserted rows that PostgreSQL has not counted yet.

    PostgreSQL counts rows that were rolled back as inserted. Their number never falls, so it is at
    least that of the audit before.
    """
    if before is None or counts.since != before.counts.since:
        return counts
    more = before.counts.inserted - before.counted_rows
    return replace(counts, inserted=max(counts.inserted, rows + more))


def _end(session: Session, table: _Table, payments: Sequence[int]) -> Scanned | None:
    """Read the end of an append-only table; None if that cannot be all that was written."""
    name, [(part, before)] = table.name, table.known.items()
    if part not in table.counts or not before.has_lost_nothing(table.counts[part]):
        return None
    values: dict[str, Any] = ages(session, since=before.point, now=table.now)
    [column] = KEYS[name].values()
    if name in _RISING:
        end, values["after"] = (
            f"{name} WHERE {column} > :after",
            ((before.highest or 0) - _BEFORE_THE_END),
        )
    else:
        end, values["payments"] = (
            (
                f"unnest(CAST(:payments AS bigint[])) changed (key) JOIN {name} ON {column} = key"
                " WHERE TRUE"
            ),
            list(payments),
        )
    new, done, highest, keys = session.execute(
        text(
            f"SELECT count(*), count(*) FILTER (WHERE age({name}.xmin) > :now_age),"  # noqa: S608
            f" {_highest(name)}, array_agg({column}) FROM {end} AND age({name}.xmin) <= :since_age"
        ),
        values,
    ).one()
    inserted = table.counts[part].inserted - before.counts.inserted
    if inserted > before.rows + new - before.counted_rows:
        return None
    proven = Known(
        point=table.now,
        rows=before.rows + done,
        highest=max(filter(None, (before.highest, highest)), default=None),
        counted_rows=before.counted_rows,
        counts=before.counts,
    )
    return Scanned(
        since=before.point,
        before=before.rows,
        total=0,
        removed=False,
        keys=_by_set(name, [keys]),
        parts={part: proven},
    )


def _written_parts(session: Session, table: _Table) -> Scanned:
    """Find what was written in a table by reading only its changed partitions."""
    columns = KEYS[table.name]
    keys: list[list[int]] = [[] for _ in columns]
    parts, removed = {}, False
    for part, each in table.counts.items():
        before = table.known.get(part)
        if before is not None and before.has_unchanged(each):
            parts[part] = before
            continue
        if before is not None:
            removed |= (before.counts.deleted, before.counts.since) != (each.deleted, each.since)
        rows = session.execute(
            text(
                f"SELECT {', '.join(f'array_agg({column})' for column in columns.values())}"  # noqa: S608
                f" FROM {part} WHERE age(xmin) <= :since_age"
            ),
            ages(session, since=table.since(part), now=table.now),
        ).one()
        for of, written in zip(keys, rows, strict=True):
            of.extend(key for key in written or () if key is not None)
        parts[part] = Known(point=table.now, total=_total(session, table.name, part), counts=each)
    total = sum(each.total for each in parts.values())
    return Scanned(
        since=table.since(),
        before=0,
        total=total,
        is_smaller=_is_smaller(table, total),
        removed=removed,
        keys=_by_set(table.name, keys),
        parts=parts,
    )


def _total(session: Session, name: str, part: str) -> int:
    if name not in TOTALS:
        return 0
    return int(session.execute(text(f"SELECT {TOTALS[name]} FROM {part}")).scalar_one())  # noqa: S608


def _by_set(name: str, keys: Sequence[list[int] | None]) -> dict[str, list[int]]:
    return {of: list(set(part or ())) for of, part in zip(KEYS[name], keys, strict=True)}


def _highest(name: str) -> str:
    """SQL for the highest key of a table whose keys rise."""
    [column, *_] = KEYS[name].values()
    return f"max({column})" if name in _RISING else "CAST(NULL AS bigint)"
