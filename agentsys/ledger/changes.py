"""Finding what was written since the last clean audit, and storing the next clean audit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.ledger import counted, scanning
from agentsys.ledger.counted import Counts
from agentsys.ledger.scanning import Scanned

Transaction = Callable[[], AbstractContextManager[Session]]

# A check has no time limit, and memory to sort.
LONG = "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB'"

# Beyond this age, transaction ids wrap around and are ambiguous: all rows are read.
_TOO_FAR = 1_000_000_000

_NOW_AND_NEWEST = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
        pg_snapshot_xmax(pg_current_snapshot())::text::bigint
"""
_SOURCES = """
    SELECT source FROM entries WHERE id = ANY(CAST(:entries AS bigint[]))
    UNION SELECT reference FROM payments WHERE id = ANY(CAST(:payments AS bigint[]))
    UNION SELECT 'deposit:' || unnest(CAST(:deposits AS bigint[]))
    UNION SELECT 'fee:' || unnest(CAST(:fees AS bigint[]))
"""

_MONTHS = """
    SELECT DISTINCT to_char(month, 'YYYYMM')::bigint FROM kept_figures WHERE name = 'months'
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
class Changes:
    """The window of an audit, and what was written in it; empty if all rows are read anyway."""

    window: Window
    scanned: dict[str, Scanned] = field(default_factory=dict)
    keys: dict[str, list[Any]] = field(default_factory=dict)
    counts: dict[str, dict[str, Counts]] = field(default_factory=dict)  # if all rows are read

    @property
    def reads_all(self) -> bool:
        """Whether all rows are to be read."""
        return self.window.since is None

    def whole(self) -> Changes:
        """The same time, with all rows."""
        counts = {
            name: {part: each.counts for part, each in table.parts.items()}
            for name, table in self.scanned.items()
        }
        return Changes(window=self.window.whole(), counts=counts)


def window(session: Session, *, since: int | None) -> Window:
    """The window from that transaction id to now; all rows if it is too old."""
    now, newest = session.execute(text(_NOW_AND_NEWEST)).one()
    # A future id comes from another server, before a restore.
    if since is not None and not 0 <= newest - since < _TOO_FAR:
        since = None
    return Window(since=since, now=now)


def proven_point(session: Session) -> int | None:
    """The oldest point of a table at which all checks passed, if they ever did for all tables."""
    names = set(session.scalars(text("SELECT DISTINCT name FROM proven_tables")))
    if not names.issuperset(scanning.KEYS):
        return None
    point: int | None = session.scalar(text("SELECT min(point) FROM proven_tables"))
    return point


def find(transaction: Transaction, window: Window) -> Changes:
    """Find what was written in the window; uses one transaction for each table."""
    with transaction() as session:
        counted.hurry(session)
    if window.since is None:
        with transaction() as session:
            counts = {name: counted.of(session, name) for name in scanning.KEYS}
        return Changes(window=window, counts=counts)
    scanned: dict[str, Scanned] = {}
    for name in scanning.KEYS:
        payments = scanned["payments"].keys["payments"] if "payments" in scanned else ()
        with transaction() as session:
            session.execute(text(LONG))
            scanned[name] = scanning.scan(session, name, now=window.now, payments=payments)
    wanted = sorted({of for keys in scanning.KEYS.values() for of in keys})
    keys: dict[str, list[Any]] = {
        of: sorted({key for table in scanned.values() for key in table.keys.get(of, ())})
        for of in wanted
    }
    with transaction() as session:
        session.execute(text(LONG))
        keys["sources"] = list(session.scalars(text(_SOURCES), keys))
        if scanned["contributions"].removed:  # and nothing says of which month
            keys["months"] = list(session.scalars(text(_MONTHS)))
    return Changes(window=window, scanned=scanned, keys=keys)


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
    known = session.execute(text("SELECT name, sum(rows) FROM proven_tables GROUP BY name"))
    before = {name: rows for name, rows in known}
    return any(
        changes.scanned[name].before != before[name] for name in scanning.APPEND_ONLY
    ) or any(table.is_smaller for table in changes.scanned.values())


def does_not_add_up(session: Session, changes: Changes, check: str) -> bool:
    """Whether rows that a check depends on were removed, so that it must read all rows."""
    if check not in _ADDS_UP:
        return False
    one, other = (changes.scanned[name] for name in _ADDS_UP[check])
    if one.total == other.total:
        return False
    # The two were not read at the same moment: something may have been written in between.
    totals = [f"(SELECT {scanning.TOTALS[name]} FROM {name})" for name in _ADDS_UP[check]]  # noqa: S608
    return not session.scalar(text(f"SELECT {' = '.join(totals)}"))


def bounds(session: Session, changes: Changes) -> dict[str, int]:
    """The ages of postings that were written since they were proven, and of finished ones."""
    now = changes.window.now
    since = now if changes.reads_all else changes.scanned["postings"].since
    return scanning.ages(session, since=since, now=now)


def remember(session: Session, changes: Changes) -> None:
    """Store the proven balances, and of each table up to where it is proven."""
    whole = changes.reads_all
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
        {**bounds(session, changes), "whole": whole},
    )
    for name in scanning.KEYS:
        counted.remember(
            session,
            name,
            scanning.count(session, name, changes.counts[name], changes.window.now)
            if whole
            else changes.scanned[name].parts,
        )
