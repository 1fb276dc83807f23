"""Rows changed since a transaction id, found by the id that PostgreSQL keeps in each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlalchemy.orm import Session

# Beyond this age, transaction ids wrap around and are ambiguous: all rows are read.
_TOO_FAR = 1_000_000_000

_APPEND_ONLY = ("entries", "postings", "payment_moves", "payment_months", "receipts")

# Each table is read once; the keys of rows written since go into the sets that checks use.
_KEYS: dict[str, dict[str, str]] = {
    "entries": {"entries": "id"},
    "postings": {"entries": "entry_id"},
    "payments": {"payments": "id", "deposits": "deposit_id"},
    "payment_moves": {"payments": "payment_id"},
    "payment_months": {"payments": "payment_id"},
    "receipts": {"payments": "payment_id"},
    "contributions": {
        "payments": "payment_id",
        "remittances": "remittance_id",
        "workers": "worker_id",
    },
    "deposits": {"deposits": "id"},
    "remittances": {"remittances": "id"},
    "statements": {"statements": "id"},
    "statement_lines": {"statements": "statement_id"},
    "workers": {"workers": "id"},
    "assignments": {"workers": "worker_id"},
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
    SELECT e.source FROM entries e JOIN changed_entries c ON c.key = e.id
    UNION SELECT p.reference FROM payments p JOIN changed_payments c ON c.key = p.id
    UNION SELECT 'deposit:' || unnest(deposits) FROM scanned_deposits
"""

# Removed rows leave no trace; they are noticed because the totals of two tables differ.
_ADDS_UP = {
    "deposit_is_the_sum_of_its_payments": ("payments", "deposits"),
    "remittance_is_the_sum_of_its_contributions": ("contributions", "remittances"),
    "statement_is_the_sum_of_its_lines": ("statement_lines", "statements"),
    "worker_is_with_the_agent_of_the_open_assignment": ("workers", "assignments"),
}

# The proven balances are sums of postings before the point; later ones are added.
KEPT_SINCE = """
    SELECT account, sum(kept_idr) AS amount_idr, sum(posted_idr) AS posted_idr
    FROM (
        SELECT account, amount_idr AS kept_idr, 0 AS posted_idr FROM balances
        UNION ALL
        SELECT account, 0, amount_idr FROM proven_balances
        UNION ALL
        SELECT account, 0, amount_idr FROM postings
        WHERE entry_id IN (SELECT key FROM changed_entries) AND age(xmin) <= :since_age
    ) both_sides
    GROUP BY account HAVING sum(kept_idr) <> sum(posted_idr)
"""


@dataclass(frozen=True, kw_only=True)
class Window:
    """The range of transactions whose rows an audit reads.

    `since` is the first of them. All transactions before `now` have ended.
    """

    since: int | None  # None: all rows
    now: int
    own: int  # our transaction; ages are counted from it

    def whole(self) -> Window:
        """The same time, with all rows."""
        return replace(self, since=None)

    @property
    def values(self) -> dict[str, int]:
        """Statement parameters: the ages of the first and the last transaction of the window."""
        since = self.own if self.since is None else self.own - self.since
        return {"since_age": since, "now_age": self.own - self.now}


def window(session: Session, *, since: int | None) -> Window:
    """The window from that transaction id to now; all rows if it is too old."""
    now, own = session.execute(
        text(
            "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,"
            " pg_current_xact_id()::text::bigint"
        )
    ).one()
    # A future id comes from another server, before a restore.
    if since is not None and not 0 <= own - since < _TOO_FAR:
        since = None
    return Window(since=since, now=min(now, own), own=own)


def proven_point(session: Session) -> int | None:
    """The point at which all checks passed the last time, if they ever did."""
    point: int | None = session.scalar(text("SELECT min(point) FROM proven_tables"))
    return point


def scan(session: Session, window: Window) -> None:
    """Read every table once, into the temporary tables `scanned_…`; nothing for all rows."""
    for name in _KEYS:
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.scanned_{name}"))
    if window.since is None:
        return
    since, now = window.values["since_age"], window.values["now_age"]
    for name, keys in _KEYS.items():
        found = [
            f"array_agg(DISTINCT {column}) FILTER"
            f" (WHERE age(xmin) <= {since} AND {column} IS NOT NULL) AS {of}"
            for of, column in keys.items()
        ]
        session.execute(
            text(
                f"CREATE TEMPORARY TABLE scanned_{name} ON COMMIT DROP AS"  # noqa: S608
                f" SELECT count(*) FILTER (WHERE age(xmin) > {since}) AS before,"
                f" count(*) FILTER (WHERE age(xmin) > {now}) AS done,"
                f" {_TOTALS.get(name, '0')} AS total, {', '.join(found)} FROM {name}"
            )
        )


def collect(session: Session, window: Window) -> None:
    """Make the temporary tables `changed_…` from what was scanned; none for all rows."""
    wanted = {of for keys in _KEYS.values() for of in keys}
    for name in (*wanted, "sources"):
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.changed_{name}"))
    if window.since is None:
        return
    for name in sorted(wanted):
        parts = [f"SELECT unnest({name}) FROM scanned_{of}" for of in _KEYS if name in _KEYS[of]]  # noqa: S608
        _make(session, name, " UNION ".join(parts))
    _make(session, "sources", _SOURCES)


def rows_are_missing(session: Session) -> bool:
    """Whether already proven rows of append-only tables were deleted or changed."""
    known = session.execute(text("SELECT name, rows FROM proven_tables"))
    before = {name: rows for name, rows in known}
    return any(_scanned(session, name, "before") != before.get(name) for name in _APPEND_ONLY)


def does_not_add_up(session: Session, check: str) -> bool:
    """Whether rows that a check depends on were removed, so that it must read all rows."""
    if check not in _ADDS_UP:
        return False
    one, other = _ADDS_UP[check]
    if _scanned(session, one, "total") == _scanned(session, other, "total"):
        return False
    # The two were not read at the same moment: something may have been written in between.
    both = f"(SELECT {_TOTALS[one]} FROM {one}) = (SELECT {_TOTALS[other]} FROM {other})"  # noqa: S608
    return not session.scalar(text(f"SELECT {both}"))


def remember(session: Session, window: Window) -> None:
    """Store the proven balances and row counts."""
    ages = window.values
    which = "TRUE" if window.since is None else "entry_id IN (SELECT key FROM changed_entries)"
    if window.since is None:
        session.execute(text("DELETE FROM proven_balances"))
    session.execute(
        text(
            "INSERT INTO proven_balances (account, amount_idr)"  # noqa: S608
            " SELECT account, sum(amount_idr) FROM postings"
            f" WHERE {which} AND age(xmin) > :now_age AND (:whole OR age(xmin) <= :since_age)"
            " GROUP BY account"
            " ON CONFLICT (account) DO UPDATE"
            " SET amount_idr = proven_balances.amount_idr + excluded.amount_idr"
        ),
        {**ages, "whole": window.since is None},
    )
    session.execute(text("DELETE FROM proven_tables"))
    for name in _APPEND_ONLY:
        if window.since is None:
            query = f"SELECT count(*) FROM {name} WHERE age(xmin) > {ages['now_age']}"  # noqa: S608
            rows = session.scalar(text(query))
        else:
            rows = _scanned(session, name, "done")
        session.execute(
            text("INSERT INTO proven_tables (name, point, rows) VALUES (:name, :point, :rows)"),
            {"name": name, "point": window.now, "rows": rows},
        )


def _make(session: Session, name: str, query: str) -> None:
    session.execute(text(f"CREATE TEMPORARY TABLE changed_{name} (key) ON COMMIT DROP AS {query}"))
    session.execute(text(f"CREATE INDEX ON changed_{name} (key)"))
    session.execute(text(f"ANALYZE changed_{name}"))


def _scanned(session: Session, name: str, column: str) -> int:
    return int(session.scalar(text(f"SELECT {column} FROM scanned_{name}")) or 0)  # noqa: S608
