"""Stopping all debits, or those of one channel: by a person at once, or by the job itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.extension.contract import Decline, PaymentState
from agentsys.payments.debit_models import LIVE, Debit, DebitStop, DebitTry
from agentsys.payments.models import Payment

log = structlog.get_logger("agentsys.debits")

WATCHED_FOR = timedelta(hours=1)
FEWEST = 50  # tries: fewer say nothing
MOST_UNKNOWN = 0.02  # the share of tries whose result is unknown for longer than _LATE
MOST_UNMAPPED = 0.2  # the share of tries refused with a code that the channel does not know
_LATE = timedelta(minutes=10)
ALL = ""


@dataclass(frozen=True, kw_only=True)
class StopView:
    """A stop that is on; `channel` is empty for all debits, `stopped_by` None for the job."""

    id: int
    channel: str
    reason: str
    stopped_at: datetime
    stopped_by: int | None


def stop(session: Session, *, reason: str, actor_id: int | None, channel: str = ALL) -> None:
    """Stop all debits, or those through one channel, from the next look on.

    Calls that are being made now go on. Conflict if they are stopped already.
    """
    reason = reason.replace("\0", "").strip()
    if not reason:
        raise Invalid("Isi alasan debit dihentikan.")
    stopped = session.scalar(
        insert(DebitStop)
        .values(channel=channel, reason=reason[:200], stopped_by=actor_id, stopped_at=clock.now())
        .on_conflict_do_nothing()
        .returning(DebitStop.id)
    )
    if stopped is None:
        raise Conflict("Debit otomatis sudah dihentikan.")
    _record(session, "debits.stopped", channel, actor_id, reason)


def resume(session: Session, *, actor_id: int, channel: str = ALL) -> None:
    """Make debits again: what became due meanwhile is looked at now."""
    resumed = session.scalar(
        update(DebitStop)
        .where(DebitStop.channel == channel, DebitStop.resumed_at.is_(None))
        .values(resumed_at=clock.now(), resumed_by=actor_id)
        .returning(DebitStop.id)
        .execution_options(synchronize_session=False)
    )
    if resumed is None:
        raise Conflict("Debit otomatis sudah berjalan lagi.")
    session.execute(
        update(Debit)
        .where(Debit.state.in_(LIVE), Debit.why == "stopped", Debit.look_at.is_not(None))
        .values(look_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    _record(session, "debits.resumed", channel, actor_id, "")


def on(session: Session) -> Sequence[StopView]:
    """The stops that are on, the oldest first."""
    rows = session.execute(
        select(
            DebitStop.id,
            DebitStop.channel,
            DebitStop.reason,
            DebitStop.stopped_at,
            DebitStop.stopped_by,
        )
        .where(DebitStop.resumed_at.is_(None))
        .order_by(DebitStop.id)
    )
    return [StopView(**row._mapping) for row in rows]


def off(session: Session, channels: Iterable[str]) -> frozenset[str]:
    """Which of these channels make no debits now, because they or all are stopped."""
    stopped = {view.channel for view in on(session)}
    return frozenset(channels) if ALL in stopped else frozenset(stopped)


def watch(session: Session) -> str:
    """Stop all debits if too many of the last hour are unknown or refused for no known reason.

    The reason if it stopped them now, else empty. A person looks at it and resumes.
    """
    moment = clock.now()
    unknown = Payment.state.in_((PaymentState.CREATED, PaymentState.PENDING)) & (
        DebitTry.at < moment - _LATE
    )
    tries, without_end, unmapped = session.execute(
        select(
            func.count(),
            func.count().filter(unknown),
            func.count().filter(DebitTry.decline == Decline.UNKNOWN),
        )
        .select_from(DebitTry)
        .join(Payment, Payment.id == DebitTry.payment_id)
        .where(DebitTry.at > moment - WATCHED_FOR)
    ).one()
    if tries < FEWEST or any(view.channel == ALL for view in on(session)):
        return ""
    reason = ""
    if without_end > tries * MOST_UNKNOWN:
        reason = "Terlalu banyak debit sejam terakhir belum jelas hasilnya."
    elif unmapped > tries * MOST_UNMAPPED:
        reason = "Terlalu banyak debit sejam terakhir ditolak tanpa alasan yang dikenal."
    if reason:
        log.error("debits stopped", tries=tries, without_end=without_end, unmapped=unmapped)
        stop(session, reason=reason, actor_id=None)
    return reason


def _record(session: Session, action: str, channel: str, actor_id: int | None, reason: str) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=action,
        subject=f"debits:{channel or 'all'}",
        details={"reason": reason},
    )
