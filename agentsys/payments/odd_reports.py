"""Reports that do not simply move a payment on: another amount, contradictions, second payments."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.payments import attempts, books
from agentsys.payments.case_opening import open_about, open_case, was_decided
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, Resolution
from agentsys.payments.payment_moves import GIVEN_UP, MOVED_MONEY, PAYMENT_TRANSITIONS, append_move
from agentsys.payments.sanitise import note, plain

P = PaymentState


def for_a_person(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome:
    """Open a case for a report that its channel marked as needing a person.

    Money that the provider holds of a payment that never settled is put in suspense meanwhile.
    """
    never_settled = payment.settled_at is None and payment.state is not P.FAILED
    if never_settled and report.amount_idr > 0 and not books.was_set_aside(session, payment):
        books.move_to_suspense(session, payment=payment, amount_idr=report.amount_idr, at=at)
    opened = open_about(
        session,
        CaseKind.UNCLEAR,
        payment,
        at,
        said=plain(report.for_a_person, 200),
        holds_idr=report.amount_idr,
    )
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW


def of_another_attempt(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome | None:
    """Handle a report about another attempt than the payment's; None if it is the newer one.

    A second attempt that was paid is a case. Late news of an older one undoes nothing. Until one is
    paid, the provider is asked about the newest.
    """
    attempts.keep(session, payment, report, at)
    if payment.settled_at is None:
        if attempts.is_older(session, payment, report):
            return Outcome.NOTHING_NEW if report.state in GIVEN_UP else None
        payment.provider_ref = plain(report.provider_ref, 80)
        return None
    if report.state not in MOVED_MONEY:
        return Outcome.NOTHING_NEW
    own = payment.amount_idr if payment.state is P.SETTLED else 0
    holds = own + attempts.paid_beside(session, payment, payment.provider_ref)
    opened = holds != books.held(session, payment) and open_about(
        session,
        CaseKind.PAID_AGAIN,
        payment,
        at,
        provider_ref=plain(report.provider_ref, 80),
        holds_idr=holds,
    )
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW


def was_decided_on(session: Session, payment: Payment, report: PaymentReport) -> bool:
    """Whether the payment's journal reflects a person's decision rather than a report."""
    if payment.state not in (P.FAILED, P.SETTLED, P.REFUNDED):
        return False
    if books.held(session, payment) != books.paid_in(payment):
        return True
    gone = P.REFUNDED in (payment.state, report.state) and payment.state is not P.SETTLED
    return gone and was_decided(session, payment, (Resolution.TAKEN_BACK, Resolution.FOLLOW))


def after_decision(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome:
    """Handle a report after a person's decision: open a case, unless the journal agrees with it."""
    booked = books.held(session, payment)
    holds = report.amount_idr if report.state is P.SETTLED else 0
    holds += attempts.paid_beside(session, payment, report.provider_ref or payment.provider_ref)
    opened = holds != booked and open_about(
        session,
        CaseKind.CHANGED_AFTER_DECISION,
        payment,
        at,
        reported=report.state.value,
        holds_idr=holds,
        booked_idr=booked,
    )
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW


def other_amount(
    session: Session, payment: Payment, report: PaymentReport, by: str, at: datetime
) -> Outcome:
    """Handle an unexpected amount: book it to suspense and open a case."""
    if payment.state is P.SETTLED and report.state is P.REFUNDED:
        return _reversed(session, payment, report, at)
    of_this = (Case.kind == CaseKind.OTHER_AMOUNT) & (Case.payment_id == payment.id)
    known_already = session.scalar(select(exists().where(of_this)))
    first = payment.settled_at is None and not known_already
    if report.state is P.SETTLED and first and report.amount_idr > 0:
        if payment.aside_idr:
            books.move_out_of_suspense(session, payment=payment, at=at)
        books.move_to_suspense(session, payment=payment, amount_idr=report.amount_idr, at=at)
        payment.next_check_at = None
    elif report.state is P.REFUNDED and payment.aside_idr in (0, report.amount_idr):
        _gone_again(session, payment, report, by, at)
    opened = open_case(
        session,
        kind=CaseKind.OTHER_AMOUNT,
        subject=f"{payment.reference}:{report.state}:{report.amount_idr}",
        at=at,
        payment_id=payment.id,
        amount_idr=report.amount_idr,
        facts={"asked_idr": payment.amount_idr, "reported": report.state.value},
    )
    session.flush()
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW


def without_cash(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome:
    """Handle money for a deposit that was withdrawn, and whose cash the agent no longer holds."""
    if not books.was_set_aside(session, payment):
        books.move_to_suspense(session, payment=payment, amount_idr=report.amount_idr, at=at)
        payment.next_check_at = None
    opened = open_about(session, CaseKind.NO_CASH, payment, at, was=payment.state.value)
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW


def _gone_again(
    session: Session, payment: Payment, report: PaymentReport, by: str, at: datetime
) -> None:
    """Handle a refund of an unexpected amount: nothing is in suspense any more."""
    if payment.aside_idr:
        books.move_out_of_suspense(session, payment=payment, at=at)
    if P.FAILED in PAYMENT_TRANSITIONS[payment.state]:
        append_move(session, payment, P.FAILED, report=report, by=by, at=at)
        payment.reason = "Jumlah yang datang berbeda, dan sudah dikembalikan penyedia."


def no_move(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> Outcome:
    """Handle a late or repeated report; open a case if it says that settled money is gone."""
    if payment.state is P.SETTLED and report.state in GIVEN_UP:
        return _reversed(session, payment, report, at)
    if report.state is payment.state:
        note(payment, report)
        session.flush()
    return Outcome.NOTHING_NEW


def _reversed(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> Outcome:
    """The provider reports a settled payment as failed: one case for each provider reference."""
    opened = open_about(
        session,
        CaseKind.REVERSED,
        payment,
        at,
        reported=report.state.value,
        provider_ref=plain(report.provider_ref, 80),
    )
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW
