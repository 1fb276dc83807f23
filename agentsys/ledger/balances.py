"""Stored balances: the balance of each account, without summing its postings.

A trigger appends the changes of each statement, so that concurrent posts do not wait. A job adds
the changes to one row for each account. The view `balances` is the sum of both, and so always the
sum of the postings; the invariant `kept_balances_equal_the_sums` checks that.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Text, column, func, select, table, text
from sqlalchemy.orm import Session

from agentsys import locks

LOT = 20_000
BALANCES = table("balances", column("account", Text), column("amount_idr", BigInteger))

_FOLD = text("""
    WITH taken AS (
        DELETE FROM balance_changes
        WHERE id IN (SELECT id FROM balance_changes ORDER BY id LIMIT :limit)
        RETURNING account, amount_idr
    ), folded AS (
        INSERT INTO account_balances (account, amount_idr)
        SELECT account, sum(amount_idr) FROM taken GROUP BY account
        ON CONFLICT (account) DO UPDATE
            SET amount_idr = account_balances.amount_idr + excluded.amount_idr
    )
    SELECT count(*) FROM taken
""")


def fold(session: Session, *, limit: int = LOT) -> int:
    """Add up to `limit` changes to the stored balances; their number, or None if a job runs."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(locks.BALANCE_FOLDING))):
        return 0
    return session.scalar(_FOLD, {"limit": limit}) or 0
