"""Provider callbacks: store each once, respond at once, then ask the provider for the state.

A callback is never trusted as proof of payment. Only `store` runs while the
provider waits; `process_waiting` asks the provider and applies its report. If it is killed,
nothing is lost: unfinished callbacks are claimed again when their lease ends.
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
from sqlalchemy import func, or_, select, text, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.errors import Conflict, NotFound
from agentsys.extension.contract import Callback, PaymentChannel, PaymentReport
from agentsys.payments import foreign_callbacks
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, StoredCallback
from agentsys.payments.polling import ask_all
from agentsys.payments.references import is_ours
from agentsys.payments.sanitise import plain
from agentsys.payments.unanswered import close_unanswered, open_unanswered

log = structlog.get_logger("agentsys.callbacks")

TASK = "process_callbacks"
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

# Performance matters here: one prepared statement stores, counts repeats and queues the job.
# A repeat is processed again if the earlier one had no effect: the provider may know more now.
_STORE = """
    WITH stored AS (
        INSERT INTO callbacks
            (channel, digest, reference, headers, body, received_at, deliveries, next_try_at)
        VALUES
            (%(channel)s, %(digest)s, %(reference)s, %(headers)s, %(body)s, %(now)s, 1, %(now)s)
        ON CONFLICT (channel, digest) DO UPDATE SET
            deliveries = callbacks.deliveries + 1,
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
    """Store an authenticated callback and queue its processing; return the row's id.

    A repeated callback increments `deliveries`; it is processed again if it had no effect before.
    """
    values = _values(channel, callback, reference)
    stored: int = session.connection().exec_driver_sql(_STORE, values).scalar_one()
    return stored


def store_on(
    connection: psycopg.Connection[Any], *, channel: str, callback: Callback, reference: str
) -> int:
    """Like `store`, on a plain connection: the callback endpoint avoids the cost of a session."""
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
    """Process waiting callbacks; return counts by outcome (None: still waiting).

    An entrypoint: it opens its own transactions, and any number of them may run at once.
    """
    outcomes: Counter[Outcome | None] = Counter()
    with transaction() as session:
        waiting = _claim(session, limit)
        asked_through = _channels_of(session, waiting)

        foreign = foreign_callbacks.set_aside(
            session,
            {
                c.id
                for c in waiting
                if c.reference not in asked_through and not is_ours(c.reference)
            },
        )
    outcomes[Outcome.FOREIGN] += len(foreign)

    claimed: defaultdict[str, list[_Claimed]] = defaultdict(list)
    for callback in waiting:
        if callback.id in foreign:
            continue
        claimed[callback.reference].append(callback)
    nobody: dict[str, str] = {}
    questions: dict[str, PaymentChannel] = {}
    for reference, of_payment in claimed.items():
        name = asked_through.get(reference, of_payment[0].channel)
        if name in channels:
            questions[reference] = channels[name]
        else:
            nobody[reference] = f"kanal {name} tidak terpasang"

    renew_at = clock.now() + LEASE / 2
    for reference, answer in chain(nobody.items(), ask_all(questions)):
        settled = claimed.pop(reference)
        outcomes[_settle(answer, settled)] += len(settled)
        if claimed and clock.now() >= renew_at:
            _renew([callback for of_payment in claimed.values() for callback in of_payment])
            renew_at = clock.now() + LEASE / 2
    return +outcomes


def replay(session: Session, *, callback_id: int) -> None:
    """Process a callback again at a user's request; Conflict if it is about to be processed."""
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
    """Whether a callback may be replayed: it is done, or its next attempt is not imminent."""
    return next_try_at is None or next_try_at > clock.now() + LEASE


@dataclass(frozen=True)
class _Claimed:
    """A callback that this batch claimed."""

    id: int
    channel: str
    reference: str
    tries: int


def _claim(session: Session, limit: int) -> list[_Claimed]:
    """Claim waiting callbacks that no other batch holds, until the lease ends."""
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
    return [_Claimed(*row) for row in rows]


def _renew(claimed: Sequence[_Claimed]) -> None:
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


def _settle(answer: PaymentReport | str, claimed: Sequence[_Claimed]) -> Outcome | None:
    """Apply one provider report, or postpone its callbacks if there was none."""
    why = answer if isinstance(answer, str) else ""
    if not isinstance(answer, str):
        try:
            return in_transaction(_applying(answer, claimed))
        except Exception as bug:
            # An error here must not stop the other payments of the batch; this one is retried.
            log.exception("report not applied", reference=answer.reference)
            why = f"kesalahan: {type(bug).__name__}"
    with transaction() as session:
        _put_off(session, claimed, why)
    return None


def _channels_of(session: Session, waiting: list[_Claimed]) -> dict[str, str]:
    """The channel to ask, by reference: only the payment's own channel is trusted about it."""
    references = {callback.reference for callback in waiting}
    rows = session.execute(
        select(Payment.reference, Payment.channel).where(Payment.reference.in_(references))
    )
    return {reference: channel for reference, channel in rows}


def _applying(report: PaymentReport, claimed: Sequence[_Claimed]) -> Callable[[Session], Outcome]:
    """The work of one transaction: apply the report and store the callbacks' outcome."""

    def work(session: Session) -> Outcome:
        outcome = apply_report(session, report=report, by="callback")
        session.execute(
            update(StoredCallback)
            .where(StoredCallback.id.in_([callback.id for callback in claimed]))
            .values(outcome=outcome, next_try_at=None, settled_at=clock.now(), note="")
        )
        if max(callback.tries for callback in claimed) > len(BACK_OFF):
            close_unanswered(session, reference=report.reference)
        if outcome is Outcome.UNKNOWN:
            session.execute(
                update(Case)
                .where(Case.kind == CaseKind.UNKNOWN_ORDER, Case.subject == report.reference)
                .values(callback_id=func.coalesce(Case.callback_id, claimed[0].id))
            )
        return outcome

    return work


def _put_off(session: Session, claimed: Sequence[_Claimed], why: str) -> None:
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
