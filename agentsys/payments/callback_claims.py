"""Stored callbacks that wait: claimed by one batch, then finished or postponed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import attrgetter

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import transaction
from agentsys.many import among
from agentsys.payments.models import Outcome, StoredCallback
from agentsys.payments.sanitise import plain
from agentsys.payments.unanswered import open_unanswered

# The lease of a batch on its callbacks. A running batch renews it after each provider report.
# If one report takes longer, another batch may ask again, which is harmless.
LEASE = timedelta(seconds=20)
BACK_OFF = [
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
]

# The longest delay. A later time was written by a clock that ran ahead, so it counts as due.
_FURTHEST = BACK_OFF[-1] + timedelta(minutes=5)


@dataclass(frozen=True)
class Claimed:
    """A callback that this batch claimed."""

    id: int
    channel: str
    reference: str
    attempt: str
    tries: int


def claim(session: Session, limit: int) -> list[Claimed]:
    """Claim waiting callbacks that no other batch holds, until the lease ends; the oldest first."""
    moment = clock.now()
    due = (
        select(StoredCallback.id)
        .where(
            or_(
                StoredCallback.next_try_at <= moment,
                StoredCallback.next_try_at > moment + _FURTHEST,
            )
        )
        .order_by(StoredCallback.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    rows = session.execute(
        update(StoredCallback)
        .where(StoredCallback.id.in_(select(due.c.id)))
        .values(next_try_at=moment + LEASE, tries=StoredCallback.tries + 1)
        .returning(
            StoredCallback.id,
            StoredCallback.channel,
            StoredCallback.reference,
            StoredCallback.attempt,
            StoredCallback.tries,
        )
        .execution_options(synchronize_session=False)
    )
    # An UPDATE returns its rows in no order, and reports about two attempts of one payment are
    # applied one after the other.
    return sorted((Claimed(*row) for row in rows), key=attrgetter("id"))


def renew(claimed: Sequence[Claimed]) -> None:
    """Renew the lease on the callbacks that this batch has not finished."""
    with transaction() as session:
        session.execute(
            update(StoredCallback)
            .where(
                StoredCallback.id.in_([callback.id for callback in claimed]),
                StoredCallback.outcome.is_(None),
            )
            .values(next_try_at=clock.now() + LEASE)
        )


def finish(session: Session, ids: Collection[int], outcome: Outcome) -> None:
    """Store the outcome of callbacks that are processed."""
    session.execute(
        update(StoredCallback)
        .where(among(StoredCallback.id, ids))
        .values(outcome=outcome, next_try_at=None, processed_at=clock.now(), note="")
        .execution_options(synchronize_session=False)
    )


def put_off(session: Session, claimed: Sequence[Claimed], why: str) -> None:
    """Postpone callbacks with increasing delays; after the last one, open a case."""
    tries = max(callback.tries for callback in claimed)
    still_waiting = session.scalars(
        update(StoredCallback)
        .where(
            StoredCallback.id.in_([callback.id for callback in claimed]),
            StoredCallback.outcome.is_(None),
        )
        .values(
            next_try_at=clock.now() + BACK_OFF[min(tries, len(BACK_OFF)) - 1], note=plain(why, 200)
        )
        .returning(StoredCallback.id)
        .execution_options(synchronize_session=False)
    ).all()
    # Another batch may have applied a report meanwhile; then nothing would close the case.
    if still_waiting and tries > len(BACK_OFF):
        open_unanswered(session, reference=claimed[0].reference, callback_id=claimed[0].id)
