"""The inbox of callbacks: stored once, answered at once, and looked into by asking the provider.

A callback proves nothing but that somebody rang. `store` is the whole of what happens while the
provider waits; `process_waiting` asks the provider and hands its answer to the one door. Killed
anywhere, it loses nothing: what was claimed and not finished is claimed again after the lease.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import psycopg
import structlog
from sqlalchemy import ColumnElement, exists, func, or_, select, text, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.errors import Conflict, NotFound
from agentsys.extension.contract import Callback, PaymentChannel, PaymentReport
from agentsys.payments.case_opening import open_case
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import (
    Case,
    CaseKind,
    Outcome,
    Payment,
    Resolution,
    StoredCallback,
)
from agentsys.payments.polling import ask_all
from agentsys.payments.sanitise import plain

log = structlog.get_logger("agentsys.callbacks")

TASK = "process_callbacks"
# How long a killed batch keeps its callbacks from others. A living one renews it between answers;
# where one answer takes longer, others ask the same, which does no harm.
LEASE = timedelta(seconds=20)
BACK_OFF = [
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
]

# Nothing is put off for longer. What is, was written by a clock that was ahead, and is due.
_FURTHEST = BACK_OFF[-1] + timedelta(minutes=5)

# The hot path: one prepared statement that stores, counts a repeat, and wakes the batch. A repeat
# waits anew if nothing came of the ring before: the provider may not have been able to tell yet.
_STORE = """
    WITH stored AS (
        INSERT INTO callbacks
            (channel, digest, reference, headers, body, received_at, rings, next_try_at)
        VALUES
            (%(channel)s, %(digest)s, %(reference)s, %(headers)s, %(body)s, %(now)s, 1, %(now)s)
        ON CONFLICT (channel, digest) DO UPDATE SET
            rings = callbacks.rings + 1,
            outcome = nullif(callbacks.outcome, 'nothing_new'),
            settled_at = CASE callbacks.outcome
                WHEN 'nothing_new' THEN NULL ELSE callbacks.settled_at END,
            tries = CASE callbacks.outcome
                WHEN 'nothing_new' THEN 0 ELSE callbacks.tries END,
            next_try_at = CASE callbacks.outcome
                WHEN 'nothing_new' THEN excluded.next_try_at ELSE callbacks.next_try_at END
        RETURNING id, next_try_at
    )
    SELECT id, CASE WHEN next_try_at = %(now)s THEN agentsys_wake(%(task)s)::text END FROM stored
"""


def store(session: Session, *, channel: str, callback: Callback, reference: str) -> int:
    """Keep an authentic callback and wake the settling batch; the id of its row.

    A callback that comes again adds to the row's `rings`, and waits anew if nothing came of it.
    """
    values = _values(channel, callback, reference)
    stored: int = session.connection().exec_driver_sql(_STORE, values).scalar_one()
    return stored


def store_on(
    connection: psycopg.Connection[Any], *, channel: str, callback: Callback, reference: str
) -> int:
    """Like `store`, for the door where callbacks come in: a session costs more than all of this."""
    values = _values(channel, callback, reference)
    row = connection.execute(_STORE, values, prepare=True).fetchone()
    assert row is not None
    stored: int = row[0]
    return stored


def _values(channel: str, callback: Callback, reference: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "digest": hashlib.sha256(reference.encode() + b"\0" + callback.body).digest(),
        "reference": reference.replace("\0", "")[:80],
        "headers": json.dumps({k: v.replace("\0", "") for k, v in callback.headers.items()}),
        "body": callback.body,
        "now": clock.now(),
        "task": TASK,
    }


def process_waiting(
    channels: Mapping[str, PaymentChannel], *, limit: int = 100
) -> Counter[Outcome | None]:
    """Look into the callbacks that wait; how many led to what, None for those that wait on.

    An entrypoint: it opens its own transactions, and any number of them may run at once.
    """
    outcomes: Counter[Outcome | None] = Counter()
    with transaction() as session:
        waiting = _claim(session, limit)
        asked_through = _channels_of(session, waiting)

    rings: defaultdict[str, list[_Ring]] = defaultdict(list)
    for ring in waiting:
        rings[ring.reference].append(ring)
    nobody: dict[str, str] = {}
    questions: dict[str, PaymentChannel] = {}
    for reference, of_payment in rings.items():
        name = asked_through.get(reference, of_payment[0].channel)
        if name in channels:
            questions[reference] = channels[name]
        else:
            nobody[reference] = f"kanal {name} tidak terpasang"

    renew_at = clock.now() + LEASE / 2
    for reference, answer in chain(nobody.items(), ask_all(questions)):
        settled = rings.pop(reference)
        outcomes[_settle(answer, settled)] += len(settled)
        if rings and clock.now() >= renew_at:
            _renew([ring for of_payment in rings.values() for ring in of_payment])
            renew_at = clock.now() + LEASE / 2
    return outcomes


def replay(session: Session, *, callback_id: int) -> None:
    """Ask about a callback once more, for a person at the desk; Conflict if its turn is now."""
    found = session.get(StoredCallback, callback_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound()
    if not can_replay(found.next_try_at):
        raise Conflict("Callback ini masih menunggu giliran; tidak perlu diputar ulang.")
    found.outcome = None
    found.settled_at = None
    found.tries = 0
    found.next_try_at = clock.now()
    session.flush()
    session.execute(text("SELECT agentsys_wake(:task)"), {"task": TASK})


def can_replay(next_try_at: datetime | None) -> bool:
    """Whether nobody asks about a callback within seconds: it is done, or put off for longer."""
    return next_try_at is None or next_try_at > clock.now() + LEASE


@dataclass(frozen=True)
class _Ring:
    """A callback that this batch claimed."""

    id: int
    channel: str
    reference: str
    tries: int


def _claim(session: Session, limit: int) -> list[_Ring]:
    """Take waiting callbacks that nobody else took; they are ours until the lease ends."""
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
            StoredCallback.tries,
        )
        .execution_options(synchronize_session=False)
    )
    return [_Ring(*row) for row in rows]


def _renew(rings: Sequence[_Ring]) -> None:
    """Keep the callbacks that this batch still asks about from being taken by others."""
    with transaction() as session:
        session.execute(
            update(StoredCallback)
            .where(
                StoredCallback.id.in_([ring.id for ring in rings]),
                StoredCallback.outcome.is_(None),
            )
            .values(next_try_at=clock.now() + LEASE)
        )


def _settle(answer: PaymentReport | str, rings: Sequence[_Ring]) -> Outcome | None:
    """Apply one answer, or put its callbacks off when there was none."""
    why = answer if isinstance(answer, str) else ""
    if not isinstance(answer, str):
        try:
            return in_transaction(_applying(answer, rings))
        except Exception as bug:
            # The rest of the batch is other people's money; this one is tried again.
            log.exception("report not applied", reference=answer.reference)
            why = f"kesalahan: {type(bug).__name__}"
    with transaction() as session:
        _put_off(session, rings, why)
    return None


def _channels_of(session: Session, waiting: list[_Ring]) -> dict[str, str]:
    """Whom to ask, by reference: the payment's own channel, as no other may vouch for it."""
    references = {ring.reference for ring in waiting}
    rows = session.execute(
        select(Payment.reference, Payment.channel).where(Payment.reference.in_(references))
    )
    return {reference: channel for reference, channel in rows}


def _applying(report: PaymentReport, rings: Sequence[_Ring]) -> Callable[[Session], Outcome]:
    """The work of one transaction: the door, and the outcome written beside the callbacks."""

    def work(session: Session) -> Outcome:
        outcome = apply_report(session, report=report, by="callback")
        session.execute(
            update(StoredCallback)
            .where(StoredCallback.id.in_([ring.id for ring in rings]))
            .values(outcome=outcome, next_try_at=None, settled_at=clock.now(), note="")
        )
        if max(ring.tries for ring in rings) > len(BACK_OFF):
            _close_unanswered(session, report.reference)
        if outcome is Outcome.UNKNOWN:
            session.execute(
                update(Case)
                .where(Case.kind == CaseKind.UNKNOWN_ORDER, Case.subject == report.reference)
                .values(callback_id=func.coalesce(Case.callback_id, rings[0].id))
            )
        return outcome

    return work


def _put_off(session: Session, rings: Sequence[_Ring], why: str) -> None:
    """Let callbacks wait, longer each time; when that was long enough, a person must know."""
    tries = max(ring.tries for ring in rings)
    still_waiting = session.scalars(
        update(StoredCallback)
        .where(StoredCallback.id.in_([ring.id for ring in rings]), StoredCallback.outcome.is_(None))
        .values(
            next_try_at=clock.now() + BACK_OFF[min(tries, len(BACK_OFF)) - 1], note=plain(why, 200)
        )
        .returning(StoredCallback.id)
        .execution_options(synchronize_session=False)
    ).all()
    # Another batch may have had the answer meanwhile, and then nobody would close the case.
    if still_waiting and tries > len(BACK_OFF):
        _open_unanswered(session, rings[0])


def _open_unanswered(session: Session, ring: _Ring) -> None:
    """Put a reference on the desk about which nobody could tell us anything; once at a time."""
    if session.scalar(select(exists().where(*_unanswered(ring.reference)))):
        return
    # Nobody decided about one that was answered in between: the same callback opens it again.
    reopened = session.scalars(
        update(Case)
        .where(
            Case.kind == CaseKind.UNANSWERED,
            Case.subject == ring.reference,
            Case.callback_id == ring.id,
            Case.resolution == Resolution.ANSWERED.value,
        )
        .values(closed_at=None, resolution="", opened_at=clock.now())
        .returning(Case.id)
    )
    if reopened.all():
        return
    payment = session.execute(
        select(Payment.id, Payment.amount_idr).where(Payment.reference == ring.reference)
    ).one_or_none()
    open_case(
        session,
        kind=CaseKind.UNANSWERED,
        subject=ring.reference,
        at=clock.now(),
        payment_id=payment.id if payment else None,
        callback_id=ring.id,
        amount_idr=payment.amount_idr if payment else None,
        facts={"callback": ring.id},
    )


def _close_unanswered(session: Session, reference: str) -> None:
    session.execute(
        update(Case)
        .where(*_unanswered(reference))
        .values(closed_at=clock.now(), resolution=Resolution.ANSWERED.value)
    )


def _unanswered(reference: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Case.kind == CaseKind.UNANSWERED,
        Case.subject == reference,
        Case.closed_at.is_(None),
    )
