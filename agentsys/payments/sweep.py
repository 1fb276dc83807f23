"""The sweep: polls providers about open payments, so a lost callback delays only minutes.

It also asks once about payments that the provider could take back, when it no longer can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import Custody, PaymentChannel, PaymentReport, PaymentState
from agentsys.payments import provider_queue
from agentsys.payments.lifecycle import apply_report
from agentsys.payments.models import Outcome, Payment
from agentsys.payments.payment_moves import GIVEN_UP, TAIL, UNKNOWN_FOR
from agentsys.payments.polling import ask_all
from agentsys.payments.provider_models import Action
from agentsys.payments.siblings import OPEN

log = structlog.get_logger("agentsys.sweep")

# After the first minute (requests.FIRST_CHECK); the last step is repeated until there is an end.
LADDER = [
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(days=1),
]
# How long a payment may be pending past its time until its provider is asked to end it.
GRACE = timedelta(minutes=10)
# The longest delay. A later time was written by a clock that ran ahead, so it counts as due.
_FURTHEST = max(*LADDER, *TAIL) + timedelta(minutes=5)


def recheck_silent(
    channels: Mapping[str, PaymentChannel], *, limit: int = 100
) -> Counter[Outcome | None]:
    """Poll payments that are due; return counts by outcome (None: no report).

    An entrypoint: it opens its own transactions, and any number of them may run at once. The time
    of the next poll is stored before this poll, so a crash only delays it.
    """
    outcomes: Counter[Outcome | None] = Counter()
    with transaction() as session:
        silent = {payment.reference: payment for payment in _claim(session, limit)}
    questions = {
        reference: channels[payment.channel]
        for reference, payment in silent.items()
        if payment.channel in channels
    }
    outcomes[None] += len(silent) - len(questions)
    overdue = {reference for reference, payment in silent.items() if _is_overdue(payment)}
    attempts = {reference: payment.provider_ref for reference, payment in silent.items()}
    for reference, answer in ask_all(questions, cancel=overdue, attempts=attempts):
        if isinstance(answer, str):
            log.warning("no answer", reference=reference, why=answer)
            outcomes[None] += 1
            continue
        payment = silent[reference]
        report = _given_up(payment, answer)
        try:
            last = payment.is_last and not _forgotten(payment, report)
            outcomes[in_transaction(partial(_apply, report=report, last=last))] += 1
        except Exception:
            # An error here must not stop the other payments of the batch; this one is polled again.
            log.exception("report not applied", reference=reference)
            outcomes[None] += 1
    return +outcomes


@dataclass(frozen=True)
class _Silent:
    """A payment that this batch asks about."""

    reference: str
    channel: str
    provider_ref: str
    state: PaymentState
    created_at: datetime
    expires_at: datetime | None
    is_last: bool  # the last poll, once a report arrives


def _claim(session: Session, limit: int) -> list[_Silent]:
    """Claim payments that are due for polling, and schedule their next poll."""
    moment = clock.now()
    due = (
        select(Payment.id)
        .where(
            or_(Payment.next_check_at <= moment, Payment.next_check_at > moment + _FURTHEST),
            _is_asked_about(),
        )
        .order_by(Payment.next_check_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    waiting = {number: moment + step for number, step in enumerate(LADDER)}
    given_up = {number: moment + step for number, step in enumerate(TAIL[1:])}
    rows = session.execute(
        update(Payment)
        .where(Payment.id.in_(select(due.c.id)))
        .values(
            checks=Payment.checks + 1,
            next_check_at=case(
                (
                    Payment.state.in_(GIVEN_UP),
                    case(given_up, value=Payment.checks, else_=moment + TAIL[-1]),
                ),
                else_=case(waiting, value=Payment.checks, else_=moment + LADDER[-1]),
            ),
        )
        .returning(
            Payment.reference,
            Payment.channel,
            Payment.provider_ref,
            Payment.state,
            Payment.created_at,
            Payment.expires_at,
            _was_asked_enough(),
        )
        .execution_options(synchronize_session=False)
    )
    return [_Silent(*row) for row in rows]


def _is_asked_about() -> ColumnElement[bool]:
    revocable = (Payment.state == PaymentState.SETTLED) & Payment.final_at.is_not(None)
    return Payment.state.in_((*OPEN, *GIVEN_UP)) | revocable


def _was_asked_enough() -> ColumnElement[bool]:
    given_up = Payment.state.in_(GIVEN_UP) & (Payment.checks >= len(TAIL))
    kept = (Payment.state == PaymentState.SETTLED) & (Payment.final_at <= clock.now())
    return given_up | kept


def _apply(session: Session, *, report: PaymentReport, last: bool) -> Outcome:
    """Apply a report; only then mark the payment's last poll as done."""
    outcome = apply_report(session, report=report, by="sweep")
    if last:
        session.execute(
            update(Payment)
            .where(Payment.reference == report.reference, _was_asked_enough())
            .values(next_check_at=None)
            .execution_options(synchronize_session=False)
        )
    else:
        _start_again(session, report.reference)
    return outcome


def _start_again(session: Session, reference: str) -> None:
    """Have an open payment started again that has nothing to pay with: its answer was lost."""
    payment = session.scalar(
        select(Payment).where(
            Payment.reference == reference,
            Payment.state.in_(OPEN),
            Payment.custody == Custody.PROVIDER,
            Payment.mandate_id.is_(None),  # a debit is never made again, only asked about
            Payment.pay_url == "",
            Payment.qr_string == "",
            Payment.codes == [],
            Payment.created_at > clock.now() - UNKNOWN_FOR,
        )
    )
    if payment is not None:
        provider_queue.put(session, payment, Action.START, by="sweep")


def _is_overdue(payment: _Silent) -> bool:
    """Whether the payment is pending for longer than its provider said that it would be."""
    if payment.state is not PaymentState.PENDING or payment.expires_at is None:
        return False
    return clock.now() >= payment.expires_at + GRACE


def _forgotten(payment: _Silent, report: PaymentReport) -> bool:
    """Whether the provider does not know a payment that it reported as paid before."""
    return payment.state is PaymentState.SETTLED and report.state is PaymentState.CREATED


def _given_up(payment: _Silent, report: PaymentReport) -> PaymentReport:
    """The report, or EXPIRED if the provider has not known the payment for too long."""
    deadline = payment.expires_at or payment.created_at + UNKNOWN_FOR
    if report.state is PaymentState.CREATED and clock.now() >= deadline:
        return replace(report, state=PaymentState.EXPIRED)
    return report
