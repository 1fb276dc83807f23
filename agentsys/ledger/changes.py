"""Rows changed since a transaction id, found by the id that PostgreSQL keeps in each row."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import text
from sqlalchemy.orm import Session

# Beyond this age, transaction ids wrap around and are ambiguous: all rows are read.
_TOO_FAR = 1_000_000_000

_APPEND_ONLY = ("entries", "postings", "payment_moves", "payment_months", "receipts")

# What each check is told to look at: the keys of what changed, or of what something changed in.
_CHANGED = {
    "entries": """
        SELECT id FROM entries WHERE {new}
        UNION SELECT entry_id FROM postings WHERE {new}
    """,
    "payments": """
        SELECT id FROM payments WHERE {new}
        UNION SELECT payment_id FROM payment_moves WHERE {new}
        UNION SELECT payment_id FROM payment_months WHERE {new}
        UNION SELECT payment_id FROM receipts WHERE {new}
        UNION SELECT payment_id FROM contributions WHERE {new} AND payment_id IS NOT NULL
    """,
    "sources": """
        SELECT e.source FROM entries e JOIN changed_entries c ON c.key = e.id
        UNION SELECT p.reference FROM payments p JOIN changed_payments c ON c.key = p.id
        UNION SELECT 'deposit:' || id FROM deposits WHERE {new}
    """,
    "deposits": """
        SELECT id FROM deposits WHERE {new}
        UNION SELECT deposit_id FROM payments WHERE {new} AND deposit_id IS NOT NULL
    """,
    "remittances": """
        SELECT id FROM remittances WHERE {new}
        UNION SELECT remittance_id FROM contributions WHERE {new} AND remittance_id IS NOT NULL
    """,
    "statements": """
        SELECT id FROM statements WHERE {new}
        UNION SELECT statement_id FROM statement_lines WHERE {new}
    """,
    "workers": """
        SELECT id FROM workers WHERE {new}
        UNION SELECT worker_id FROM assignments WHERE {new}
        UNION SELECT worker_id FROM contributions WHERE {new}
    """,
}

# Removed rows leave no trace; they are noticed because the total sums differ.
_ADDS_UP = {
    "deposit_is_the_sum_of_its_payments": """
        (SELECT coalesce(sum(amount_idr), 0) FROM payments WHERE deposit_id IS NOT NULL)
        = (SELECT coalesce(sum(amount_idr), 0) FROM deposits
           WHERE state NOT IN ('returned', 'withdrawn'))
    """,
    "remittance_is_the_sum_of_its_contributions": """
        (SELECT count(remittance_id) FROM contributions)
        = (SELECT coalesce(sum(count), 0) FROM remittances WHERE state <> 'cancelled')
    """,
    "statement_is_the_sum_of_its_lines": """
        (SELECT coalesce(sum(amount_idr), 0) FROM statement_lines)
        = (SELECT coalesce(sum(agent_idr + office_idr), 0) FROM statements)
    """,
    "worker_is_with_the_agent_of_the_open_assignment": """
        (SELECT count(agent_id) FROM workers)
        = (SELECT count(*) FROM assignments WHERE until_month IS NULL)
    """,
}

# The proven balances are of postings before the point; those since are read and added.
KEPT_SINCE = """
    SELECT account, sum(kept_idr) AS amount_idr, sum(posted_idr) AS posted_idr
    FROM (
        SELECT account, amount_idr AS kept_idr, 0 AS posted_idr FROM balances
        UNION ALL
        SELECT account, 0, amount_idr FROM proven_balances
        UNION ALL
        SELECT account, 0, amount_idr FROM postings WHERE age(xmin) <= :since_age
    ) both_sides
    GROUP BY account HAVING sum(kept_idr) <> sum(posted_idr)
"""


@dataclass(frozen=True, kw_only=True)
class Window:
    """From which transaction on rows are looked at, and up to which all is finished now."""

    since: int | None  # None: all rows
    now: int
    own: int  # our transaction, from which ages are counted

    def whole(self) -> Window:
        """The same moment, and all rows."""
        return replace(self, since=None)

    @property
    def values(self) -> dict[str, int]:
        """The ages of rows that were written since, and of those that are finished now."""
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


def collect(session: Session, window: Window) -> None:
    """Make the temporary tables `changed_…` for the window; none for all rows."""
    for name in _CHANGED:
        session.execute(text(f"DROP TABLE IF EXISTS pg_temp.changed_{name}"))
    if window.since is None:
        return
    new = f"age(xmin) <= {window.values['since_age']}"
    for name, query in _CHANGED.items():
        session.execute(
            text(
                f"CREATE TEMPORARY TABLE changed_{name} (key) ON COMMIT DROP AS"
                f" {query.format(new=new)}"
            )
        )
        session.execute(text(f"CREATE INDEX ON changed_{name} (key)"))
        session.execute(text(f"ANALYZE changed_{name}"))


def rows_are_missing(session: Session, window: Window) -> bool:
    """Whether already proven rows of append-only tables were deleted or changed."""
    known = session.execute(text("SELECT name, rows FROM proven_tables"))
    before = {name: rows for name, rows in known}
    return any(
        session.scalar(
            text(f"SELECT count(*) FROM {name} WHERE age(xmin) > :since_age"),  # noqa: S608
            {"since_age": window.values["since_age"]},
        )
        != before.get(name)
        for name in _APPEND_ONLY
    )


def does_not_add_up(session: Session, check: str) -> bool:
    """Whether rows that a check depends on were removed, so that it must read all rows."""
    condition = _ADDS_UP.get(check)
    return condition is not None and not session.scalar(text(f"SELECT {condition}"))


def remember(session: Session, window: Window) -> None:
    """Store the proven balances and row counts."""
    ages = window.values
    if window.since is None:
        session.execute(text("DELETE FROM proven_balances"))
    session.execute(
        text("""
            INSERT INTO proven_balances (account, amount_idr)
            SELECT account, sum(amount_idr) FROM postings
            WHERE age(xmin) > :now_age AND (:whole OR age(xmin) <= :since_age)
            GROUP BY account
            ON CONFLICT (account) DO UPDATE
                SET amount_idr = proven_balances.amount_idr + excluded.amount_idr
        """),
        {**ages, "whole": window.since is None},
    )
    session.execute(text("DELETE FROM proven_tables"))
    for name in _APPEND_ONLY:
        session.execute(
            text(
                f"INSERT INTO proven_tables (name, point, rows) SELECT '{name}', :point, count(*)"  # noqa: S608
                f" FROM {name} WHERE age(xmin) > :now_age"
            ),
            {"now_age": ages["now_age"], "point": window.now},
        )
