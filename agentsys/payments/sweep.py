"""The sweep: polls providers about open payments, so a lost callback delays only minutes.

It also asks once about payments that the provider could take back, when it no longer can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import ColumnElement, case, or_, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import Custody, PaymentChannel, PaymentReport, PaymentState
from agentsys.many import among
from agentsys.payments import provider_queue
from agentsys.payments.lifecycle import apply_reports
from agentsys.payments.models import Outcome, Payment
from agentsys.payments.payment_moves import GIVEN_UP, TAIL, UNKNOWN_FOR
from agentsys.payments.polling import Answer, ask_in_lots
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
    for lot in ask_in_lots(questions, cancel=overdue, attempts=attempts):
        outcomes += _apply_lot(silent, lot)
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


def _apply_lot(silent: Mapping[str, _Silent], lot: Sequence[Answer]) -> Counter[Outcome | None]:
    """Apply what providers answered, all in one transaction or else one by one."""
    reports, unknown = [], 0
    for reference, answer in lot:
        if isinstance(answer, str):
            log.warning("no answer", reference=reference, why=answer)
            unknown += 1
        else:
            reports.append(_given_up(silent[reference], answer))
    outcomes: Counter[Outcome | None] = Counter({None: unknown})
    try:
        outcomes.update(in_transaction(partial(_apply, silent=silent, reports=reports)))
    except Exception:
        log.exception("lot not applied, so one by one", size=len(reports))
        for report in reports:
            outcomes[_apply_one(silent, report)] += 1
    return outcomes


def _apply_one(silent: Mapping[str, _Silent], report: PaymentReport) -> Outcome | None:
    try:
        (outcome,) = in_transaction(partial(_apply, silent=silent, reports=[report]))
    except Exception:
        # An error here must not stop the other payments of the batch; this one is polled again.
        log.exception("report not applied", reference=report.reference)
        return None
    return outcome


def _apply(
    session: Session, *, silent: Mapping[str, _Silent], reports: Sequence[PaymentReport]
) -> list[Outcome]:
    """Apply reports; only then mark the last polls of their payments as done."""
    if not reports:
        return []
    outcomes = apply_reports(session, reports, by="sweep")
    last = {
        report.reference
        for report in reports
        if silent[report.reference].is_last and not _forgotten(silent[report.reference], report)
    }
    session.execute(
        update(Payment)
        .where(among(Payment.reference, last), _was_asked_enough())
        .values(next_check_at=None)
        .execution_options(synchronize_session=False)
    )
    _start_again(session, outcomes.keys() - last)
    return list(outcomes.values())


def _start_again(session: Session, references: Collection[str]) -> None:
    """Have payments started again whose first answer was lost, so that they show no way to pay."""
    payments = session.scalars(
        select(Payment).where(
            among(Payment.reference, references),
            Payment.state.in_(OPEN),
            Payment.custody == Custody.PROVIDER,
            Payment.mandate_id.is_(None),  # a debit is never made again, only asked about
            Payment.pay_url == "",
            Payment.qr_string == "",
            Payment.codes == [],
            Payment.created_at > clock.now() - UNKNOWN_FOR,
        )
    )
    for payment in payments.all():
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
