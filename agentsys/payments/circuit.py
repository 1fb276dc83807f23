"""Whether payments may be started through a channel, known to all processes.

A channel that does not answer several times in a row pauses, and one that refuses our key or
account stops. Only starting payments waits for it: checks, cancellations and callbacks go on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, case, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.db import transaction
from agentsys.errors import Conflict, Refused
from agentsys.extension.contract import ChannelStopped, ChannelUnavailable, PaymentChannel
from agentsys.payments import provider_queue
from agentsys.payments.provider_models import Action, ChannelHealth, ChannelState, ProviderRequest
from agentsys.payments.references import new_reference
from agentsys.payments.sanitise import plain

log = structlog.get_logger("agentsys.channels")

PAUSES_AFTER = 5  # starts in a row without an answer
PAUSES = [timedelta(seconds=wait) for wait in (10, 20, 40, 80, 120)]
STOPPED_FOR = timedelta(minutes=1)  # until it is asked whether it takes our key again
TRIED_AFTER = timedelta(minutes=10)  # until a payment is tried, where asking shows nothing
_PROBING = timedelta(seconds=60)
# A later time was written by a clock that ran ahead, so it counts as past.
_FURTHEST = TRIED_AFTER + timedelta(minutes=5)
# Payments that waited are started over this time, so that a channel that is back is not flooded.
_EACH_S = 0.25
_SPREAD_MAX_S = 60


@dataclass(frozen=True, kw_only=True)
class ChannelReading:
    """How a channel works, as pages and figures show it."""

    channel: str
    health: ChannelHealth
    failures: int
    since: datetime
    retry_at: datetime | None
    reason: str


def states(session: Session) -> Sequence[ChannelReading]:
    """How each channel works through which a payment was started, by name."""
    rows = session.execute(
        select(
            ChannelState.channel,
            ChannelState.health,
            ChannelState.failures,
            ChannelState.since,
            ChannelState.retry_at,
            ChannelState.reason,
        ).order_by(ChannelState.channel)
    )
    return [ChannelReading(**row._mapping) for row in rows]


def health_of(session: Session, channel: str) -> ChannelHealth:
    """Whether payments are started through the channel; AWAY if the next payment is to try it."""
    row = session.execute(
        select(ChannelState.health, _tried_by_start().label("tried")).where(
            ChannelState.channel == channel
        )
    ).one_or_none()
    if row is None:
        return ChannelHealth.WORKING
    if row.tried:
        return ChannelHealth.AWAY
    health: ChannelHealth = row.health
    return health


def try_now(session: Session, channel: str, *, actor_id: int) -> None:
    """Have a channel that is away or stopped tried at once, such as after a new key was set."""
    tried = session.scalar(
        update(ChannelState)
        .where(ChannelState.channel == channel, ChannelState.health != ChannelHealth.WORKING)
        .values(retry_at=clock.now())
        .returning(ChannelState.channel)
        .execution_options(synchronize_session=False)
    )
    if tried is None:
        raise Conflict("Kanal ini sudah berjalan lagi.")
    trail.record(
        session,
        actor_id=actor_id,
        action="channel.tried",
        subject=f"channel:{channel}",
        details={},
    )


def waiting(session: Session) -> dict[str, int]:
    """How many questions wait for an answer, by channel."""
    rows = session.execute(
        select(ProviderRequest.channel, func.count()).group_by(ProviderRequest.channel)
    )
    return {channel: count for channel, count in rows}


def check_started(session: Session, channel: str) -> None:
    """Refused if the channel is stopped, so that another way to pay is chosen at once."""
    if health_of(session, channel) is ChannelHealth.STOPPED:
        raise Refused(
            "Cara bayar ini sedang berhenti: penyedia menolak akun kantor. Kantor sudah diberi"
            " tahu. Pakai cara bayar lain."
        )


def stopped(session: Session) -> list[str]:
    """The channels that can not be chosen: they are stopped, and not to be tried by a payment."""
    return list(
        session.scalars(
            select(ChannelState.channel).where(
                ChannelState.health == ChannelHealth.STOPPED, ~_tried_by_start()
            )
        )
    )


def not_started(session: Session) -> list[str]:
    """The channels through which nothing is started now."""
    return list(
        session.scalars(
            select(ChannelState.channel).where(
                ChannelState.health != ChannelHealth.WORKING, ~_tried_by_start()
            )
        )
    )


def answered(session: Session, channel: str) -> None:
    """Note that a payment was started through the channel: it works."""
    was_ill = ChannelState.health != ChannelHealth.WORKING
    session.execute(
        update(ChannelState)
        .where(
            ChannelState.channel == channel,
            was_ill | (ChannelState.failures > 0) | (ChannelState.pauses > 0),
        )
        .values(
            health=ChannelHealth.WORKING,
            failures=0,
            pauses=0,
            since=case((was_ill, clock.now()), else_=ChannelState.since),
            retry_at=None,
            by_start=False,
            reason="",
        )
    )


def unanswered(session: Session, channel: str, *, why: str) -> None:
    """Note that a start got no answer; after several in a row the channel pauses."""
    state = _locked(session, channel)
    state.failures += 1
    if state.health is ChannelHealth.STOPPED:
        return
    if state.failures >= PAUSES_AFTER:
        _pause(state, why)


def stop(session: Session, channel: str, stopped: ChannelStopped) -> None:
    """Stop the channel: its provider refuses our key or account, and a person must see to it."""
    state = _locked(session, channel)
    if state.health is not ChannelHealth.STOPPED:
        log.error("channel stopped", channel=channel, why=str(stopped))
        state.since = clock.now()
    state.health = ChannelHealth.STOPPED
    state.reason = plain(str(stopped), 200)
    state.by_start = stopped.by_start
    state.retry_at = clock.now() + (TRIED_AFTER if stopped.by_start else STOPPED_FOR)


def probe(channels: Mapping[str, PaymentChannel]) -> None:
    """Ask channels that are away or stopped about an unused reference; an entrypoint."""
    with transaction() as session:
        due = _claim_probes(session)
    for name in due:
        if name in channels:
            _probe(name, channels[name])


def _probe(name: str, channel: PaymentChannel) -> None:
    try:
        channel.check(new_reference())
    except ChannelStopped as stopped:
        with transaction() as session:
            stop(session, name, stopped)
    except Exception as error:
        if not isinstance(error, ChannelUnavailable):
            log.exception("channel failed", channel=name)
        with transaction() as session:
            _pause(_locked(session, name), str(error) or type(error).__name__)
    else:
        with transaction() as session:
            _work_again(session, name)


def _claim_probes(session: Session) -> list[str]:
    """The channels that are to be asked now; no other process asks them for a minute."""
    return list(
        session.scalars(
            update(ChannelState)
            .where(
                ChannelState.health != ChannelHealth.WORKING,
                ChannelState.by_start.is_(False),
                _is_due(),
            )
            .values(retry_at=clock.now() + _PROBING)
            .returning(ChannelState.channel)
            .execution_options(synchronize_session=False)
        )
    )


def _work_again(session: Session, name: str) -> None:
    """Let payments be started, those that waited one after another."""
    state = _locked(session, name)
    if state.health is ChannelHealth.WORKING:
        return
    log.warning("channel works again", channel=name, since=state.since.isoformat())
    state.health = ChannelHealth.WORKING
    state.failures = PAUSES_AFTER - 1  # it only answered a question: one failure pauses it again
    state.since = clock.now()
    state.retry_at = None
    state.reason = ""
    waiting = (ProviderRequest.channel == name) & (ProviderRequest.action == Action.START)
    count = session.scalar(select(func.count()).select_from(ProviderRequest).where(waiting)) or 0
    spread_s = min(count * _EACH_S, _SPREAD_MAX_S)
    session.execute(
        update(ProviderRequest)
        .where(waiting, ProviderRequest.claimed_until.is_(None))
        .values(next_try_at=clock.now() + func.random() * text(f"interval '{spread_s} seconds'"))
        .execution_options(synchronize_session=False)
    )
    provider_queue.wake(session)


def _tried_by_start() -> ColumnElement[bool]:
    return ChannelState.by_start & _is_due()


def _is_due() -> ColumnElement[bool]:
    now = clock.now()
    return or_(ChannelState.retry_at <= now, ChannelState.retry_at > now + _FURTHEST)


def _pause(state: ChannelState, why: str) -> None:
    if state.health is ChannelHealth.WORKING:
        log.warning("channel pauses", channel=state.channel, why=why)
        state.health = ChannelHealth.AWAY
        state.since = clock.now()
    if state.health is ChannelHealth.AWAY:
        state.reason = plain(why, 200)
    wait = PAUSES[min(state.pauses, len(PAUSES) - 1)]
    state.retry_at = clock.now() + provider_queue.with_jitter(wait)
    state.pauses += 1


def _locked(session: Session, channel: str) -> ChannelState:
    session.execute(
        insert(ChannelState)
        .values(
            channel=channel,
            health=ChannelHealth.WORKING,
            failures=0,
            pauses=0,
            since=clock.now(),
            by_start=False,
            reason="",
        )
        .on_conflict_do_nothing(index_elements=["channel"])
    )
    return session.get_one(ChannelState, channel, with_for_update=True, populate_existing=True)
