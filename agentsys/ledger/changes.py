"""Rows changed since a transaction id, found by the id that PostgreSQL keeps in each row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

Transaction = Callable[[], AbstractContextManager[Session]]

# A check has no time limit, and memory to sort.
LONG = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'"

# Beyond this age, transaction ids wrap around and are ambiguous: all rows are read.
_TOO_FAR = 1_000_000_000

_APPEND_ONLY = ("entries", "postings", "payment_moves", "payment_months", "receipts")

# Each table is read once; the keys of rows written since go into the sets that checks use. A
# payment is in a deposit, if it is cash, or is for a deposit.
_KEYS: dict[str, dict[str, str]] = {
    "entries": {"entries": "id"},
    "postings": {"entries": "entry_id"},
    "payments": {"payments": "id", "deposits": "coalesce(deposit_id, for_deposit_id)"},
    "payment_moves": {"payments": "payment_id"},
    "payment_months": {"payments": "payment_id"},
    "receipts": {"payments": "payment_id"},
    "debit_tries": {"payments": "payment_id"},
    "contributions": {
        "payments": "payment_id",
        "remittances": "remittance_id",
        "workers": "worker_id",
        "bills": "bill_id",
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
}
_TOTALS = {
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
_SOURCES = """
    SELECT source FROM entries WHERE id = ANY(CAST(:entries AS bigint[]))
    UNION SELECT reference FROM payments WHERE id = ANY(CAST(:payments AS bigint[]))
    UNION SELECT 'deposit:' || unnest(CAST(:deposits AS bigint[]))
    UNION SELECT 'fee:' || unnest(CAST(:fees AS bigint[]))
"""

# Removed rows leave no trace; they are noticed because the totals of two tables differ.
_ADDS_UP = {
    "deposit_is_the_sum_of_its_payments": ("payments", "deposits"),
    "remittance_is_the_sum_of_its_contributions": ("contributions", "remittances"),
    "statement_is_the_sum_of_its_lines": ("statement_lines", "statements"),
    "worker_is_with_the_agent_of_the_open_assignment": ("workers", "assignments"),
}

# The proven balances are sums of postings before the point; later ones are added.
_KEPT_SINCE = """
    SELECT account, sum(kept_idr) AS amount_idr, sum(posted_idr) AS posted_idr
    FROM (
        SELECT account, amount_idr AS kept_idr, 0 AS posted_idr FROM balances
        UNION ALL
        SELECT account, 0, amount_idr FROM proven_balances
        UNION ALL
        SELECT account, 0, amount_idr FROM postings
        WHERE {} AND age(xmin) <= :since_age
    ) both_sides
    GROUP BY account HAVING sum(kept_idr) <> sum(posted_idr)
"""
# What was posted after the entries were found is in the balances and not among the entries. So a
# difference counts only if it is there, too, when all postings are read at the same moment.
KEPT_SINCE = (
    _KEPT_SINCE.format("entry_id IN (SELECT key FROM changed_entries)"),
    _KEPT_SINCE.format("TRUE"),
)


@dataclass(frozen=True, kw_only=True)
class Window:
    """The range of transactions whose rows an audit reads.

    `since` is the first of them. All transactions before `now` have ended.
    """

    since: int | None  # None: all rows
    now: int

    def whole(self) -> Window:
        """The same time, with all rows."""
        return replace(self, since=None)


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """What was found in one table."""

    before: int  # rows written before the window
    done: int  # rows written before `now`
    total: int
    keys: dict[str, list[int]]  # what was written in the window, by the set that it belongs to


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The window of an audit, and what was written in it; empty if all rows are read anyway."""

    window: Window
    scanned: dict[str, Scanned] = field(default_factory=dict)
    keys: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def reads_all(self) -> bool:
        """Whether all rows are to be read."""
        return self.window.since is None

    def whole(self) -> Changes:
        """The same time, with all rows."""
        return Changes(window=self.window.whole())


def window(session: Session, *, since: int | None) -> Window:
    """The window from that transaction id to now; all rows if it is too old."""
    now, newest = session.execute(
        text(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
        )
    ).one()
    # A future id comes from another server, before a restore.
    if since is not None and not 0 <= newest - since < _TOO_FAR:
        since = None
    return Window(since=since, now=now)


def ages(session: Session, window: Window) -> dict[str, int]:
    """The ages of rows that were written since, and of those that are finished.

    They are counted from the current transaction, so they hold only in it.
    """
    age = "age(CAST(CAST(greatest(CAST(:{} AS bigint) % 4294967296, 3) AS text) AS xid))"
    since, now = session.execute(
        text(f"SELECT {age.format('since')}, {age.format('now')}"),
        {"since": window.now if window.since is None else window.since, "now": window.now},
    ).one()
    return {"since_age": since, "now_age": now}


def proven_point(session: Session) -> int | None:
    """The point at which all checks passed the last time, if they ever did."""
    point: int | None = session.scalar(text("SELECT min(point) FROM proven_tables"))
    return point


def find(transaction: Transaction, window: Window) -> Changes:
    """What was written in the window; each table is read once, in a transaction of its own."""
    if window.since is None:
        return Changes(window=window)
    scanned = {}
    for name in _KEYS:
        with transaction() as session:
            session.execute(text(LONG))
            scanned[name] = _scan(session, name, window)
    wanted = sorted({of for keys in _KEYS.values() for of in keys})
    keys: dict[str, list[Any]] = {
        of: sorted({key for table in scanned.values() for key in table.keys.get(of, ())})
        for of in wanted
    }
    with transaction() as session:
        session.execute(text(LONG))
        keys["sources"] = list(session.scalars(text(_SOURCES), keys))
    return Changes(window=window, scanned=scanned, keys=keys)


def _scan(session: Session, name: str, window: Window) -> Scanned:
    bounds = ages(session, window)
    # No DISTINCT: with it the table would be read by one process.
    found = [
        f"array_agg({column}) FILTER (WHERE age(xmin) <= :since_age AND {column} IS NOT NULL)"
        for column in _KEYS[name].values()
    ]
    before, done, total, *keys = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE age(xmin) > :since_age),"  # noqa: S608
            " count(*) FILTER (WHERE age(xmin) > :now_age),"
            f" {_TOTALS.get(name, '0')}, {', '.join(found)} FROM {name}"
        ),
        bounds,
    ).one()
    known = {of: list(set(part or ())) for of, part in zip(_KEYS[name], keys, strict=True)}
    return Scanned(before=before, done=done, total=int(total), keys=known)


def lay_out(session: Session, changes: Changes, names: Iterable[str]) -> None:
    """Make the temporary tables `changed_…` of these names, for this transaction."""
    for name in sorted(names):
        kind = "text" if name == "sources" else "bigint"
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.changed_{name}"))
        session.execute(text(f"CREATE TEMPORARY TABLE changed_{name} (key {kind}) ON COMMIT DROP"))
        session.execute(
            text(f"INSERT INTO changed_{name} SELECT unnest(CAST(:keys AS {kind}[]))"),
            {"keys": changes.keys[name]},
        )
        session.execute(text(f"CREATE INDEX ON changed_{name} (key)"))
        session.execute(text(f"ANALYZE changed_{name}"))


def rows_are_missing(session: Session, changes: Changes) -> bool:
    """Whether already proven rows of append-only tables were deleted or changed."""
    known = session.execute(text("SELECT name, rows FROM proven_tables"))
    before = {name: rows for name, rows in known}
    return any(changes.scanned[name].before != before.get(name) for name in _APPEND_ONLY)


def does_not_add_up(session: Session, changes: Changes, check: str) -> bool:
    """Whether rows that a check depends on were removed, so that it must read all rows."""
    if check not in _ADDS_UP:
        return False
    one, other = _ADDS_UP[check]
    if changes.scanned[one].total == changes.scanned[other].total:
        return False
    # The two were not read at the same moment: something may have been written in between.
    both = f"(SELECT {_TOTALS[one]} FROM {one}) = (SELECT {_TOTALS[other]} FROM {other})"  # noqa: S608
    return not session.scalar(text(f"SELECT {both}"))


def remember(session: Session, changes: Changes) -> None:
    """Store the proven balances and row counts."""
    whole = changes.reads_all
    bounds = ages(session, changes.window)
    if whole:
        session.execute(text("DELETE FROM proven_balances"))
    else:
        lay_out(session, changes, ["entries"])
    which = "TRUE" if whole else "entry_id IN (SELECT key FROM changed_entries)"
    session.execute(
        text(
            "INSERT INTO proven_balances (account, amount_idr)"  # noqa: S608
            " SELECT account, sum(amount_idr) FROM postings"
            f" WHERE {which} AND age(xmin) > :now_age AND (:whole OR age(xmin) <= :since_age)"
            " GROUP BY account"
            " ON CONFLICT (account) DO UPDATE"
            " SET amount_idr = proven_balances.amount_idr + excluded.amount_idr"
        ),
        {**bounds, "whole": whole},
    )
    session.execute(text("DELETE FROM proven_tables"))
    for name in _APPEND_ONLY:
        query = f"SELECT count(*) FROM {name} WHERE age(xmin) > :now_age"  # noqa: S608
        rows = session.scalar(text(query), bounds) if whole else changes.scanned[name].done
        session.execute(
            text("INSERT INTO proven_tables (name, point, rows) VALUES (:name, :point, :rows)"),
            {"name": name, "point": changes.window.now, "rows": rows},
        )
