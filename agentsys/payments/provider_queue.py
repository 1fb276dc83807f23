"""What providers are to be asked: written with the payment, claimed by jobs, asked until answered.

Nothing here asks a provider. A job claims one question, or several checks of one channel, asks
with no transaction open, and finishes each or puts it off. Each payment has one question at a time.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.extension.contract import PaymentState
from agentsys.many import among
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action, ProviderRequest
from agentsys.payments.sanitise import plain

TASK = "ask_providers"
QUEUE = "ask"
# Of one channel at the same time, in all processes: one that hangs leaves threads to the others.
MOST_AT_ONCE = 4
# Longer than any call may take. A worker that dies leaves its question to others after this.
LEASE = timedelta(seconds=40)
LADDER = [timedelta(seconds=wait) for wait in (2, 4, 8, 15, 30, 60)]
LATER = [timedelta(minutes=5), timedelta(hours=1)]  # cancellations and refunds go on after it
JITTER = 0.2
# Later times than these were written by a clock that ran ahead, so they count as past.
_FURTHEST = max(LATER) * (1 + JITTER) + timedelta(minutes=5)
_LONGEST_CLAIM = LEASE + timedelta(minutes=5)
_RANK = {Action.CHECK: 1, Action.START: 2, Action.CANCEL: 3, Action.REFUND: 4}
_WAKE = text("SELECT agentsys_wake_in(:queue, :task)")


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question that this job asks."""

    payment_id: int
    reference: str
    provider_ref: str
    channel: str
    action: Action
    version: int
    by: str
    return_url: str
    amount_idr: int
    created_at: datetime  # of the payment
    tries: int  # this one included


@dataclass(frozen=True, kw_only=True)
class Outstanding:
    """A question that waits for an answer, as a page shows it."""

    action: Action
    asked_at: datetime
    tries: int


def put(
    session: Session, payment: Payment, action: Action, *, by: str, return_url: str = ""
) -> None:
    """Have the provider asked about a payment, and wake a job; in the payment's transaction.

    A cancellation replaces a start, and a start a check. The same again is asked without delay.
    """
    moment = clock.now()
    new = insert(ProviderRequest).values(
        payment_id=payment.id,
        channel=payment.channel,
        action=action,
        version=1,
        by=by,
        return_url=return_url,
        asked_at=moment,
        tries=0,
        next_try_at=moment,
        note="",
    )
    # Nothing is started or cancelled any more once a payment is over, so that a check comes first.
    over = payment.state not in (PaymentState.CREATED, PaymentState.PENDING)
    stronger = or_(
        literal(over) & (ProviderRequest.action != Action.REFUND),
        _rank(new.excluded.action) > _rank(ProviderRequest.action),
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["payment_id"],
            set_={
                "action": case((stronger, new.excluded.action), else_=ProviderRequest.action),
                "by": case((stronger, new.excluded.by), else_=ProviderRequest.by),
                "version": ProviderRequest.version + case((stronger, 1), else_=0),
                "tries": case((stronger, 0), else_=ProviderRequest.tries),
                "asked_at": moment,
                "next_try_at": moment,
            },
        )
    )
    wake(session)


def wake(session: Session) -> None:
    """Have a job ask what is due, unless one is about to."""
    session.execute(_WAKE, {"queue": QUEUE, "task": TASK})


def claim(session: Session, *, not_started: Collection[str] = ()) -> Question | None:
    """Claim the question that has been due for longest; None if nothing can be asked now.

    Nothing is started through the channels of `not_started`. If more is due, another job is woken.
    """
    session.execute(select(func.pg_advisory_xact_lock(locks.ASKING_PROVIDERS)))
    moment = clock.now()
    due = _due(moment, not_started).order_by(ProviderRequest.next_try_at).limit(2)
    found = session.scalars(due).all()
    if not found:
        return None
    (question,) = _claim(session, found[:1], moment)
    if len(found) > 1:
        wake(session)
    return question


def claim_alike(session: Session, question: Question) -> list[Question]:
    """Claim checks that are due like this one, so that their answers can be applied together.

    No more than may be asked of the channel at once. To be called in the transaction of `claim`.
    """
    if question.action is not Action.CHECK:
        return []
    moment = clock.now()
    asked = session.scalar(
        select(func.count()).where(ProviderRequest.channel == question.channel, _claimed(moment))
    )
    due = (
        _due(moment, ())
        .where(
            ProviderRequest.channel == question.channel,
            ProviderRequest.action == Action.CHECK,
            ProviderRequest.by == question.by,
        )
        .order_by(ProviderRequest.next_try_at)
        .limit(max(MOST_AT_ONCE - (asked or 0), 0))
    )
    return _claim(session, session.scalars(due).all(), moment)


def _claim(session: Session, payment_ids: Sequence[int], moment: datetime) -> list[Question]:
    rows = session.execute(
        update(ProviderRequest)
        .where(
            among(ProviderRequest.payment_id, payment_ids),
            Payment.id == ProviderRequest.payment_id,
        )
        .values(claimed_until=moment + LEASE, tries=ProviderRequest.tries + 1)
        .returning(
            ProviderRequest.payment_id,
            Payment.reference,
            Payment.provider_ref,
            ProviderRequest.channel,
            ProviderRequest.action,
            ProviderRequest.version,
            ProviderRequest.by,
            ProviderRequest.return_url,
            Payment.amount_idr,
            Payment.created_at,
            ProviderRequest.tries,
        )
        .execution_options(synchronize_session=False)
    )
    return [Question(**row._mapping) for row in rows]


def finish(session: Session, question: Question) -> None:
    """Remove an answered question; one that was changed meanwhile is asked next."""
    done = session.execute(
        delete(ProviderRequest)
        .where(_is(question), ProviderRequest.version == question.version)
        .returning(ProviderRequest.payment_id)
    )
    if done.scalar() is None:
        session.execute(update(ProviderRequest).where(_is(question)).values(claimed_until=None))
        wake(session)


def put_off(session: Session, question: Question, *, why: str) -> None:
    """Ask again later, at growing intervals with some chance in them."""
    session.execute(
        update(ProviderRequest)
        .where(_is(question))
        .values(
            claimed_until=None,
            note=plain(why, 200),
            next_try_at=case(
                (
                    ProviderRequest.version == question.version,
                    clock.now() + with_jitter(_wait(question)),
                ),
                else_=ProviderRequest.next_try_at,
            ),
        )
    )


def forget_start(session: Session, payment: Payment) -> bool:
    """Remove the start of a payment that was never sent; False if it may have been."""
    gone = session.execute(
        delete(ProviderRequest)
        .where(
            ProviderRequest.payment_id == payment.id,
            ProviderRequest.action == Action.START,
            ProviderRequest.tries == 0,
            ProviderRequest.claimed_until.is_(None),
        )
        .returning(ProviderRequest.payment_id)
    )
    return gone.scalar() is not None


def outstanding(session: Session, *, payment_id: int) -> Outstanding | None:
    """The question about a payment that waits for an answer."""
    row = session.execute(
        select(ProviderRequest.action, ProviderRequest.asked_at, ProviderRequest.tries).where(
            ProviderRequest.payment_id == payment_id
        )
    ).one_or_none()
    return Outstanding(**row._mapping) if row else None


def with_jitter(wait: timedelta) -> timedelta:
    """The wait, somewhat shorter or longer, so that many do not ask at one moment."""
    return wait * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311


def _wait(question: Question) -> timedelta:
    steps = LADDER + (LATER if question.action in (Action.CANCEL, Action.REFUND) else [])
    return steps[min(question.tries, len(steps)) - 1]


def _due(moment: datetime, not_started: Collection[str]) -> Select[int]:
    claimed = _claimed(moment)
    busy = (
        select(ProviderRequest.channel)
        .where(claimed)
        .group_by(ProviderRequest.channel)
        .having(func.count() >= MOST_AT_ONCE)
    )
    return select(ProviderRequest.payment_id).where(
        or_(
            ProviderRequest.next_try_at <= moment,
            ProviderRequest.next_try_at > moment + _FURTHEST,
        ),
        ~claimed,
        ProviderRequest.channel.not_in(busy),
        or_(
            ProviderRequest.action != Action.START,
            ProviderRequest.channel.not_in(list(not_started)),
        ),
    )


def _claimed(moment: datetime) -> ColumnElement[bool]:
    until = ProviderRequest.claimed_until
    return and_(until.is_not(None), until > moment, until <= moment + _LONGEST_CLAIM)


def _is(question: Question) -> ColumnElement[bool]:
    return ProviderRequest.payment_id == question.payment_id


def _rank(action: Any) -> ColumnElement[int]:
    return case(_RANK, value=action)
