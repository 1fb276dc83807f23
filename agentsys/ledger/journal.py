"""The journal: every movement of money, written once, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Text, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.ledger.balances import BALANCES
from agentsys.ledger.models import Entry, Posting


class Unbalanced(Exception):
    """The lines do not sum to zero, or there are none: a bug in the caller."""


class PostedOtherwise(Exception):
    """This event was posted before with different lines: a bug, or forged data."""


# One round trip for many. What happened in a closed month is dated now, and names that month. A
# second writer of the same event waits here until the first one commits.
_POST = text(
    """
    WITH wanted AS (
        SELECT event.*, CASE
            WHEN at < (SELECT max(until_at) FROM month_closings WHERE reopened_at IS NULL) THEN (
                SELECT max(closed_month_of(leg.account, event.at))
                FROM unnest(:leg_kinds, :leg_sources, :accounts) AS leg (kind, source, account)
                WHERE leg.kind = event.kind AND leg.source = event.source
            ) END AS closed_month
        FROM unnest(:kinds, :sources, :moments) AS event (kind, source, at)
    ), entry AS (
        INSERT INTO entries (kind, source, at, closed_month)
        SELECT kind, source, CASE WHEN closed_month IS NULL THEN at ELSE :now END, closed_month
        FROM wanted
        ON CONFLICT (kind, source) DO NOTHING
        RETURNING id, kind, source
    )
    INSERT INTO postings (entry_id, account, amount_idr)
    SELECT entry.id, leg.account, leg.amount_idr
    FROM entry
    JOIN unnest(:leg_kinds, :leg_sources, :accounts, :amounts)
        AS leg (kind, source, account, amount_idr) USING (kind, source)
    """
).bindparams(
    *(
        bindparam(name, type_=ARRAY(Text))
        for name in ("kinds", "sources", "leg_kinds", "leg_sources", "accounts")
    ),
    bindparam("moments", type_=ARRAY(DateTime(timezone=True))),
    bindparam("now", type_=DateTime(timezone=True)),
    bindparam("amounts", type_=ARRAY(BigInteger)),
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event that moved money, with its lines in rupiah: positive is debit.

    If its office has closed the month of `at`, it is posted as of now.
    """

    kind: str
    source: str
    at: datetime
    lines: Mapping[str, int]


def post(
    session: Session, *, kind: str, source: str, at: datetime, lines: Mapping[str, int]
) -> bool:
    """Post an event's lines in rupiah (positive is debit); False if already posted identically."""
    return post_all(session, [Event(kind=kind, source=source, at=at, lines=lines)])


def post_all(session: Session, events: Sequence[Event]) -> bool:
    """Post different events in one statement; False if one was already posted identically."""
    legs = [(event, account, amount) for event in events for account, amount in _legs(event)]
    session.flush()
    written = session.execute(
        _POST,
        {
            "kinds": [event.kind for event in events],
            "sources": [event.source for event in events],
            "moments": [event.at for event in events],
            "now": clock.now(),
            "leg_kinds": [event.kind for event, _, _ in legs],
            "leg_sources": [event.source for event, _, _ in legs],
            "accounts": [account for _, account, _ in legs],
            "amounts": [amount for _, _, amount in legs],
        },
    )
    if written.rowcount == len(legs):  # type: ignore[attr-defined]
        return True
    for event in events:
        before = lines_of(session, kind=event.kind, source=event.source)
        if before != dict(_legs(event)):
            raise PostedOtherwise(
                f"{event.kind} {event.source}: {before} before, {dict(_legs(event))} now"
            )
    return False


def _legs(event: Event) -> list[tuple[str, int]]:
    legs = [(account, amount) for account, amount in sorted(event.lines.items()) if amount]
    if not legs or sum(amount for _, amount in legs) != 0:
        raise Unbalanced(f"{event.kind} {event.source}: {dict(legs)}")
    return legs


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
