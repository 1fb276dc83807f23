"""How a payment changes state: one transition table, and one function that applies reports.

A provider reports a payment's state in several ways: its response to `start`, a query after a
callback, the sweep, or a user's button. Every report goes through `apply_report`, the only
function that changes a payment's state. The consequences (journal, contributions,
receipt, cases) are written in the same transaction of the caller, or not at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.events import record as events
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.extension.events import PaymentRefunded
from agentsys.ledger import accounts
from agentsys.many import among
from agentsys.payments import (
    bill_effects,
    books,
    deposit_effects,
    odd_reports,
    plain_reports,
    refund_effects,
    settling,
)
from agentsys.payments.attempts import is_another
from agentsys.payments.case_opening import open_about, open_unknown
from agentsys.payments.live_attempts import as_conflict
from agentsys.payments.models import CaseKind, Outcome, Payment, PaymentMove
from agentsys.payments.payment_moves import GIVEN_UP, MOVED_MONEY, PAYMENT_TRANSITIONS, append_move
from agentsys.payments.sanitise import note
from agentsys.payments.unclear import close_unclear

P = PaymentState


def apply_report(
    session: Session, *, report: PaymentReport, by: str, at: datetime | None = None
) -> Outcome:
    """Apply a provider's report and return the outcome; updates payment, journal and cases."""
    at = at or clock.now()
    payment = locked(session, report.reference)
    if payment is None:
        open_unknown(session, report, at)
        return Outcome.UNKNOWN
    if report.refunds:
        explained = refund_effects.apply_refunds(session, payment, report, at)
        if explained is not None:
            return explained
    if report.for_a_person:
        return odd_reports.for_a_person(session, payment, report, at)
    if is_another(payment, report):
        outcome = odd_reports.of_another_attempt(session, payment, report, at)
        if outcome is not None:
            return outcome
    outcome = _apply(session, payment, report, by, at)
    close_unclear(session, payment, report, at)
    return outcome


def apply_reports(
    session: Session, reports: Sequence[PaymentReport], *, by: str, at: datetime | None = None
) -> dict[str, Outcome]:
    """Apply reports about different payments; return the outcomes by reference.

    The plain ones are applied together.
    """
    at = at or clock.now()
    payments = _locked_all(session, [report.reference for report in reports])
    known = [(payments[r.reference], r) for r in reports if r.reference in payments]
    outcomes = plain_reports.apply_plain(session, known, by=by, at=at)
    for report in reports:
        if report.reference not in outcomes:
            outcomes[report.reference] = apply_report(session, report=report, by=by, at=at)
    return outcomes


def _apply(
    session: Session, payment: Payment, report: PaymentReport, by: str, at: datetime
) -> Outcome:
    if report.state in MOVED_MONEY and odd_reports.was_decided_on(session, payment, report):
        return odd_reports.after_decision(session, payment, report, at)
    if report.state in MOVED_MONEY and report.amount_idr != payment.amount_idr:
        return odd_reports.other_amount(session, payment, report, by, at)
    if report.state not in PAYMENT_TRANSITIONS[payment.state]:
        return odd_reports.no_move(session, payment, report, at)
    if _lacks_cash(session, payment, report):
        return _without_cash(session, payment, report, by, at)

    steps = [report.state]
    if report.state is P.REFUNDED and payment.state is not P.SETTLED:
        steps.insert(0, P.SETTLED)  # a refund implies a payment: the journal shows both
    odd = [_enter(session, payment, state, report=report, by=by, at=at) for state in steps]
    return Outcome.TO_CHECK if any(odd) else Outcome.MOVED


def _lacks_cash(session: Session, payment: Payment, report: PaymentReport) -> bool:
    """Whether money came for a deposit whose cash the agent no longer holds."""
    came = report.state in MOVED_MONEY and payment.state is not P.SETTLED
    return (
        came
        and payment.for_deposit_id is not None
        and not deposit_effects.claim_cash(session, payment)
    )


def _without_cash(
    session: Session, payment: Payment, report: PaymentReport, by: str, at: datetime
) -> Outcome:
    """Handle money for a deposit that is gone: it waits for a person, unless it went back."""
    if report.state is P.SETTLED:
        return odd_reports.without_cash(session, payment, report, at)
    if P.FAILED not in PAYMENT_TRANSITIONS[payment.state]:
        return Outcome.NOTHING_NEW
    failed = replace(report, state=P.FAILED)
    _enter(session, payment, P.FAILED, report=failed, by=by, at=at)
    return Outcome.MOVED


def begin(session: Session, payment: Payment, *, by: str) -> None:
    """Store a new payment, the only live one for its months, and its first state change."""
    for item in payment.months:
        item.live = True
    session.add(payment)
    try:
        session.flush()
    except IntegrityError as error:
        raise as_conflict(error) from error
    session.add(
        PaymentMove(
            payment_id=payment.id, to_state=P.CREATED, at=payment.created_at, by=by, report={}
        )
    )
    session.flush()


def locked(session: Session, reference: str) -> Payment | None:
    """The payment, re-read and locked until this transaction ends."""
    session.flush()
    return session.scalar(
        select(Payment)
        .where(Payment.reference == reference)
        .with_for_update(of=Payment, key_share=True)
        .execution_options(populate_existing=True)
    )


def _locked_all(session: Session, references: Collection[str]) -> dict[str, Payment]:
    """The payments by reference, re-read and locked until this transaction ends."""
    session.flush()
    # Always lock in this order, so that two batches cannot deadlock.
    payments = session.scalars(
        select(Payment)
        .where(among(Payment.reference, references))
        .order_by(Payment.id)
        .with_for_update(of=Payment, key_share=True)
        .execution_options(populate_existing=True)
    )
    return {payment.reference: payment for payment in payments}


def accept_aside(session: Session, payment: Payment, *, by: str, at: datetime) -> bool:
    """Settle a payment from money in suspense, as a person decided; True if it needs review."""
    accepted = PaymentReport(
        reference=payment.reference, state=P.SETTLED, amount_idr=payment.amount_idr
    )
    payment.aside_idr -= payment.amount_idr
    append_move(session, payment, P.SETTLED, report=accepted, by=by, at=at)
    return _settle(session, payment, accounts.suspense(payment.office_id), at)


def _enter(
    session: Session,
    payment: Payment,
    state: PaymentState,
    *,
    report: PaymentReport,
    by: str,
    at: datetime,
) -> bool:
    """Make one state change with all its consequences; True if a person must review it."""
    before = payment.state
    append_move(session, payment, state, report=report, by=by, at=at)
    note(payment, report)
    if payment.aside_idr and state is not P.PENDING:
        books.move_out_of_suspense(session, payment=payment, at=at)
    if state in GIVEN_UP and payment.for_deposit_id is not None:
        deposit_effects.withdraw(session, payment, at=at)
    if state is P.SETTLED:
        odd = _settle(session, payment, books.money_account(payment), at)
        # A late deposit took the cash that the agent holds: there is nothing to decide.
        if before in GIVEN_UP and payment.for_deposit_id is None:
            odd = open_about(session, CaseKind.PAID_LATE, payment, at, was=before.value)
        return odd
    if state is P.REFUNDED:
        return _give_back(session, payment, at)
    return False


def _settle(session: Session, payment: Payment, into: str, at: datetime) -> bool:
    """Book the money and issue the receipt; True if some of it paid for no open month."""
    if payment.for_bill_id is not None:
        return bill_effects.settle(session, payment, into, at=at)
    if payment.for_deposit_id is not None:
        deposit_effects.confirm(session, payment, into, at=at)
        return False
    return bool(settling.settle(session, [books.Received(payment, into)], at=at))


def _give_back(session: Session, payment: Payment, at: datetime) -> bool:
    """Book a refund; True if we had already passed the money on."""
    if payment.for_deposit_id is not None:
        deposit_effects.take_back(session, payment, at=at)
        return False
    give_back = books.give_back if payment.for_bill_id is None else bill_effects.take_back
    given = give_back(session, payment=payment, at=at)
    refunded = PaymentRefunded(
        office_id=payment.office_id,
        agent_id=payment.agent_id,
        worker_id=payment.worker_id,
        reference=payment.reference,
        channel=payment.channel,
        amount_idr=payment.amount_idr,
    )
    events.record(session, refunded)
    odd = bool(given.remitted_idr) and open_about(
        session,
        CaseKind.REFUNDED_AFTER_REMITTED,
        payment,
        at,
        remitted_idr=given.remitted_idr,
    )
    twice = bool(given.repaid_idr) and open_about(
        session, CaseKind.REFUNDED_AFTER_REPAID, payment, at, repaid_idr=given.repaid_idr
    )
    return odd or twice
