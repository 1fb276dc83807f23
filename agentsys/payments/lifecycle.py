"""How a payment changes state: one transition table, and one function that applies reports.

A provider reports a payment's state in several ways: its response to `start`, a query after a
callback, the sweep, or a user's button. Every report goes through `apply_report`, the only
function that changes a payment's state. The consequences (journal, contributions,
receipt, cases) are written in the same transaction of the caller, or not at all.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.events import record as events
from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.extension.events import PaymentRefunded, PaymentSettled
from agentsys.ledger import accounts
from agentsys.payments import books, receipts
from agentsys.payments.case_opening import open_about, open_case, open_unknown, was_decided
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, PaymentMove, Resolution
from agentsys.payments.sanitise import as_json, note, plain

P = PaymentState

# Observed states: reports may be missing, late, repeated or out of order. Every transition leads
# down this list, so a payment ends in the lowest state ever reported, in whatever order.
# Received money wins: only a refund can follow it; a later report of failure changes nothing.
PAYMENT_TRANSITIONS: dict[PaymentState, frozenset[PaymentState]] = {
    P.CREATED: frozenset({P.PENDING, P.EXPIRED, P.FAILED, P.SETTLED, P.REFUNDED}),
    P.PENDING: frozenset({P.EXPIRED, P.FAILED, P.SETTLED, P.REFUNDED}),
    P.EXPIRED: frozenset({P.FAILED, P.SETTLED, P.REFUNDED}),
    P.FAILED: frozenset({P.SETTLED, P.REFUNDED}),
    P.SETTLED: frozenset({P.REFUNDED}),
    P.REFUNDED: frozenset(),
}

MOVED_MONEY = (P.SETTLED, P.REFUNDED)
GIVEN_UP = (P.EXPIRED, P.FAILED)
# Money can still arrive after a payment expired or failed, so it is polled a few times more.
TAIL = [timedelta(hours=1), timedelta(days=1), timedelta(days=3)]


def apply_report(
    session: Session, *, report: PaymentReport, by: str, at: datetime | None = None
) -> Outcome:
    """Apply a provider's report and return the outcome; updates payment, journal and cases."""
    at = at or clock.now()
    payment = locked(session, report.reference)
    if payment is None:
        open_unknown(session, report, at)
        return Outcome.UNKNOWN
    if report.for_a_person:
        return _for_a_person(session, payment, report, at)
    if report.state in MOVED_MONEY and _was_decided_on(session, payment, report):
        return _after_decision(session, payment, report, at)
    if report.state in MOVED_MONEY and report.amount_idr != payment.amount_idr:
        return _other_amount(session, payment, report, by, at)
    if report.state not in PAYMENT_TRANSITIONS[payment.state]:
        return _no_move(session, payment, report, at)

    steps = [report.state]
    if report.state is P.REFUNDED and payment.state is not P.SETTLED:
        steps.insert(0, P.SETTLED)  # a refund implies a payment: the journal shows both
    odd = [_enter(session, payment, state, report=report, by=by, at=at) for state in steps]
    return Outcome.TO_CHECK if any(odd) else Outcome.MOVED


def begin(session: Session, payment: Payment, *, by: str) -> None:
    """Store a new payment and its first state change."""
    session.add(payment)
    session.flush()
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


def accept_aside(session: Session, payment: Payment, *, by: str, at: datetime) -> bool:
    """Settle a payment from money in suspense, as a person decided; True if it needs review."""
    accepted = PaymentReport(
        reference=payment.reference, state=P.SETTLED, amount_idr=payment.amount_idr
    )
    payment.aside_idr -= payment.amount_idr
    _append_move(session, payment, P.SETTLED, report=accepted, by=by, at=at)
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
    _append_move(session, payment, state, report=report, by=by, at=at)
    note(payment, report)
    if state is P.SETTLED:
        if payment.aside_idr:
            books.move_out_of_suspense(session, payment=payment, at=at)
        odd = _settle(session, payment, books.money_account(payment), at)
        if before in GIVEN_UP:
            odd = open_about(session, CaseKind.PAID_LATE, payment, at, was=before.value)
        return odd
    if state is P.REFUNDED:
        return _give_back(session, payment, at)
    return False


def _settle(session: Session, payment: Payment, into: str, at: datetime) -> bool:
    """Book the money and issue the receipt; True if some of it paid for no open month."""
    too_much = books.receive(session, payment=payment, into=into, at=at)
    receipts.issue(session, payment=payment, at=at)
    events.record(session, _happened(PaymentSettled, payment))
    return bool(too_much) and open_about(
        session, CaseKind.PAID_TWICE, payment, at, too_much_idr=too_much
    )


def _give_back(session: Session, payment: Payment, at: datetime) -> bool:
    """Book a refund; True if we had already passed the money on."""
    given = books.give_back(session, payment=payment, at=at)
    events.record(session, _happened(PaymentRefunded, payment))
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


def _happened(
    kind: type[PaymentSettled | PaymentRefunded], payment: Payment
) -> PaymentSettled | PaymentRefunded:
    return kind(
        office_id=payment.office_id,
        agent_id=payment.agent_id,
        worker_id=payment.worker_id,
        reference=payment.reference,
        channel=payment.channel,
        amount_idr=payment.amount_idr,
    )


def _append_move(
    session: Session,
    payment: Payment,
    state: PaymentState,
    *,
    report: PaymentReport,
    by: str,
    at: datetime,
) -> None:
    move = PaymentMove(
        payment_id=payment.id,
        from_state=payment.state,
        to_state=state,
        at=at,
        by=by,
        report=as_json(report),
    )
    session.add(move)
    payment.state = state
    if state is P.SETTLED:
        payment.settled_at = at
    if state in GIVEN_UP and payment.custody is Custody.PROVIDER:
        payment.checks = 0
        payment.next_check_at = at + TAIL[0]
    elif state is not P.PENDING:
        payment.next_check_at = None  # the sweep stops polling it
    session.flush()


def _for_a_person(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome:
    """Open a case for a report that its channel marked as needing a person."""
    opened = open_about(
        session,
        CaseKind.UNCLEAR,
        payment,
        at,
        said=plain(report.for_a_person, 200),
        holds_idr=report.amount_idr,
    )
    return Outcome.TO_CHECK if opened else Outcome.NOTHING_NEW


def _was_decided_on(session: Session, payment: Payment, report: PaymentReport) -> bool:
    """Whether the payment's journal reflects a person's decision rather than a report."""
    if payment.state not in (P.FAILED, P.SETTLED, P.REFUNDED):
        return False
    if books.held(session, payment) != books.paid_in(payment):
        return True
    gone = P.REFUNDED in (payment.state, report.state) and payment.state is not P.SETTLED
    return gone and was_decided(session, payment, (Resolution.TAKEN_BACK, Resolution.FOLLOW))


def _after_decision(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome:
    """Handle a report after a person's decision: open a case, unless the journal agrees with it."""
    booked = books.held(session, payment)
    holds = report.amount_idr if report.state is P.SETTLED else 0
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


def _other_amount(
    session: Session, payment: Payment, report: PaymentReport, by: str, at: datetime
) -> Outcome:
    """Handle an unexpected amount: book it to suspense and open a case."""
    if payment.state is P.SETTLED and report.state is P.REFUNDED:
        return _reversed(session, payment, report, at)
    of_this = (Case.kind == CaseKind.OTHER_AMOUNT) & (Case.payment_id == payment.id)
    known_already = session.scalar(select(exists().where(of_this)))
    if report.state is P.SETTLED and payment.settled_at is None and not known_already:
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


def _gone_again(
    session: Session, payment: Payment, report: PaymentReport, by: str, at: datetime
) -> None:
    """Handle a refund of an unexpected amount: nothing is in suspense any more."""
    if payment.aside_idr:
        books.move_out_of_suspense(session, payment=payment, at=at)
    if P.FAILED in PAYMENT_TRANSITIONS[payment.state]:
        _append_move(session, payment, P.FAILED, report=report, by=by, at=at)
        payment.reason = "Jumlah yang datang berbeda, dan sudah dikembalikan penyedia."


def _no_move(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> Outcome:
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
