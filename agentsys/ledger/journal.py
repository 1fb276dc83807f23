"""The journal: every movement of money, written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from agentsys.ledger.balances import BALANCES
from agentsys.ledger.models import Entry, Posting


class Unbalanced(Exception):
    """The lines do not sum to zero, or there are none: a bug in the caller."""


class PostedOtherwise(Exception):
    """This event was posted before with different lines: a bug, or forged data."""


# One round trip; a second writer of the same event waits here until the first one commits.
_POST = text(
    """
    WITH entry AS (
        INSERT INTO entries (kind, source, at) VALUES (:kind, :source, :at)
        ON CONFLICT (kind, source) DO NOTHING
        RETURNING id
    )
    INSERT INTO postings (entry_id, account, amount_idr)
    SELECT entry.id, leg.account, leg.amount_idr
    FROM entry, unnest(:accounts, :amounts) AS leg (account, amount_idr)
    """
).bindparams(
    bindparam("accounts", type_=ARRAY(Text)), bindparam("amounts", type_=ARRAY(BigInteger))
)


def post(
    session: Session, *, kind: str, source: str, at: datetime, lines: Mapping[str, int]
) -> bool:
    """Post an event's lines in rupiah (positive is debit); False if already posted identically."""
    legs: dict[str, int] = {account: amount for account, amount in sorted(lines.items()) if amount}
    if not legs or sum(legs.values()) != 0:
        raise Unbalanced(f"{kind} {source}: {legs}")
    session.flush()
    written = session.execute(
        _POST,
        {
            "kind": kind,
            "source": source,
            "at": at,
            "accounts": list(legs),
            "amounts": list(legs.values()),
        },
    )
    if written.rowcount:  # type: ignore[attr-defined]
        return True
    before = lines_of(session, kind=kind, source=source)
    if before != legs:
        raise PostedOtherwise(f"{kind} {source}: {before} before, {legs} now")
    return False


def lines_of(session: Session, *, kind: str, source: str) -> dict[str, int]:
    """The lines of one event by account; empty if it was never posted."""
    rows = session.execute(
        select(Posting.account, Posting.amount_idr)
        .join(Entry, Entry.id == Posting.entry_id)
        .where(Entry.kind == kind, Entry.source == source)
    )
    return {account: amount for account, amount in rows}


def balance(session: Session, account: str) -> int:
    """What an account holds (positive) or owes (negative), in rupiah."""
    kept = select(BALANCES.c.amount_idr).where(BALANCES.c.account == account)
    return session.scalar(kept) or 0


def balances(session: Session, prefix: str = "") -> dict[str, int]:
    """The balances of all accounts whose name has this prefix, accounts at zero included."""
    rows = session.execute(
        select(BALANCES.c.account, BALANCES.c.amount_idr)
        .where(BALANCES.c.account.startswith(prefix, autoescape=True))
        .order_by(BALANCES.c.account)
    )
    return {account: total for account, total in rows}


def lock_account(session: Session, account: str) -> None:
    """Lock this account's balance until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(account, 0))))
