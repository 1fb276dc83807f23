"""How a payment changes: one table, and one door.

A provider tells us how a payment stands, whichever way we came to ask: the answer to `start`, a
callback that made us look, the sweep, a person's button. All of it ends in `apply_report`, the only
function that moves a payment. What follows from the move (the journal, the contributions, the
receipt, the desk) happens with it in the caller's transaction, or not at all.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts
from agentsys.payments import books, receipts
from agentsys.payments.desk import open_case
from agentsys.payments.models import Case, CaseKind, Outcome, Payment, PaymentMove

P = PaymentState

# Observed: we may miss steps, and hear of them late, twice, or in any order. Every move leads down
# this page, so a payment ends in the lowest state that was ever reported, whatever came first.
# Money wins: only a refund follows it, and news of failure that comes after it moves nothing.
PAYMENT_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    P.CREATED: frozenset({P.PENDING, P.EXPIRED, P.FAILED, P.SETTLED, P.REFUNDED}),
    P.PENDING: frozenset({P.EXPIRED, P.FAILED, P.SETTLED, P.REFUNDED}),
    P.EXPIRED: frozenset({P.FAILED, P.SETTLED, P.REFUNDED}),
    P.FAILED: frozenset({P.SETTLED, P.REFUNDED}),
    P.SETTLED: frozenset({P.REFUNDED}),
    P.REFUNDED: frozenset(),
}

MOVED_MONEY = (P.SETTLED, P.REFUNDED)
GIVEN_UP = (P.EXPIRED, P.FAILED)


def apply_report(
    session: Session, *, report: PaymentReport, by: str, at: datetime | None = None
) -> Outcome:
    """What a report led to; the payment, the journal and the desk agree when this returns."""
    at = at or clock.now()
    payment = locked(session, report.reference)
    if payment is None:
        return _unknown(session, report, at)
    if report.state in MOVED_MONEY and report.amount_idr != payment.amount_idr:
        return _other_amount(session, payment, report, at)
    if report.state not in PAYMENT_MOVES[payment.state]:
        return _no_move(session, payment, report, at)

    steps = [report.state]
    if report.state is P.REFUNDED and payment.state is not P.SETTLED:
        steps.insert(0, P.SETTLED)  # what went back must have come: the books show both
    odd = [_enter(session, payment, state, report=report, by=by, at=at) for state in steps]
    return Outcome.DESK if any(odd) else Outcome.MOVED


def begin(session: Session, payment: Payment, *, by: str) -> None:
    """Write down a new payment, and that it was created."""
    session.add(payment)
    session.flush()
    session.add(
        PaymentMove(
            payment_id=payment.id, to_state=P.CREATED, at=payment.created_at, by=by, report={}
        )
    )
    session.flush()


def locked(session: Session, reference: str) -> Payment | None:
    """The payment as it is now; nobody else changes it until this transaction ends."""
    session.flush()
    return session.scalar(
        select(Payment)
        .where(Payment.reference == reference)
        .with_for_update(of=Payment, key_share=True)
        .execution_options(populate_existing=True)
    )


def accept_aside(session: Session, payment: Payment, *, by: str, at: datetime) -> bool:
    """Settle a payment from money that was set aside, as a person decided; whether it was odd."""
    accepted = PaymentReport(
        reference=payment.reference, state=P.SETTLED, amount_idr=payment.amount_idr
    )
    payment.aside_idr -= payment.amount_idr
    _append_move(session, payment, P.SETTLED, report=accepted, by=by, at=at)
    return _settle(session, payment, accounts.SUSPENSE, at)


def _enter(
    session: Session,
    payment: Payment,
    state: PaymentState,
    *,
    report: PaymentReport,
    by: str,
    at: datetime,
) -> bool:
    """Take one step and do all that follows from it; whether a person must look."""
    before = payment.state
    _append_move(session, payment, state, report=report, by=by, at=at)
    _note(payment, report)
    if state is P.SETTLED:
        if payment.aside_idr:
            books.release(session, payment=payment, at=at)
        odd = _settle(session, payment, books.money_account(payment), at)
        if before in GIVEN_UP:
            odd = _put_on_desk(session, CaseKind.PAID_LATE, payment, at, was=before.value)
        return odd
    if state is P.REFUNDED:
        return _give_back(session, payment, at)
    return False


def _settle(session: Session, payment: Payment, into: str, at: datetime) -> bool:
    """Book the money and issue the receipt; whether some of it paid for nothing."""
    too_much = books.receive(session, payment=payment, into=into, at=at)
    receipts.issue(session, payment=payment, at=at)
    return bool(too_much) and _put_on_desk(
        session, CaseKind.PAID_TWICE, payment, at, too_much_idr=too_much
    )


def _give_back(session: Session, payment: Payment, at: datetime) -> bool:
    """Book a refund; whether the worker got what had left us already."""
    given = books.give_back(session, payment=payment, at=at)
    odd = bool(given.remitted_idr) and _put_on_desk(
        session,
        CaseKind.REFUNDED_AFTER_REMITTED,
        payment,
        at,
        remitted_idr=given.remitted_idr,
    )
    twice = bool(given.repaid_idr) and _put_on_desk(
        session, CaseKind.REFUNDED_AFTER_REPAID, payment, at, repaid_idr=given.repaid_idr
    )
    return odd or twice


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
        report=_as_json(report),
    )
    session.add(move)
    payment.state = state
    if state is P.SETTLED:
        payment.settled_at = at
    if state is not P.PENDING:
        payment.next_check_at = None  # the sweep has no more questions
    session.flush()


def _other_amount(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome:
    """Another amount than we asked for: kept aside for a person, and no state changes."""
    of_this = (Case.kind == CaseKind.OTHER_AMOUNT) & (Case.payment_id == payment.id)
    heard_before = session.scalar(select(exists().where(of_this)))
    if report.state is P.SETTLED and payment.settled_at is None and not heard_before:
        books.set_aside(session, payment=payment, amount_idr=report.amount_idr, at=at)
        payment.next_check_at = None
    elif report.state is P.REFUNDED and payment.aside_idr == report.amount_idr:
        books.release(session, payment=payment, at=at)
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
    return Outcome.DESK if opened else Outcome.NOTHING_NEW


def _no_move(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> Outcome:
    """Late or repeated news; that settled money is gone again is for a person."""
    if payment.state is P.SETTLED and report.state in GIVEN_UP:
        opened = _put_on_desk(session, CaseKind.REVERSED, payment, at, reported=report.state.value)
        return Outcome.DESK if opened else Outcome.NOTHING_NEW
    if report.state is payment.state:
        _note(payment, report)
        session.flush()
    return Outcome.NOTHING_NEW


def _unknown(session: Session, report: PaymentReport, at: datetime) -> Outcome:
    open_case(
        session,
        kind=CaseKind.UNKNOWN_ORDER,
        subject=report.reference,
        at=at,
        amount_idr=report.amount_idr or None,
        facts={"reported": report.state.value, "provider_ref": _plain(report.provider_ref, 80)},
    )
    return Outcome.UNKNOWN


def _put_on_desk(
    session: Session, kind: CaseKind, payment: Payment, at: datetime, **facts: str | int
) -> bool:
    """Open a case about a payment; False if it was opened before."""
    return open_case(
        session,
        kind=kind,
        subject=payment.reference,
        at=at,
        payment_id=payment.id,
        amount_idr=payment.amount_idr,
        facts=facts,
    )


def _note(payment: Payment, report: PaymentReport) -> None:
    """Keep what the report says beside the state; silence erases nothing but the reason."""
    payment.provider_ref = _plain(report.provider_ref, 80) or payment.provider_ref
    payment.pay_url = _plain(report.pay_url, 500) or payment.pay_url
    payment.qr_string = _plain(report.qr_string, 1000) or payment.qr_string
    payment.expires_at = report.expires_at or payment.expires_at
    payment.reason = _plain(report.reason, 200)


def _plain(text: str, limit: int) -> str:
    # PostgreSQL takes no NUL; a provider's odd text must not keep money from being booked.
    return text.replace("\0", "")[:limit]


def _as_json(report: PaymentReport) -> dict[str, Any]:
    text = json.dumps(vars(report), default=str, ensure_ascii=False)
    text = text.encode(errors="replace").decode()
    plain: dict[str, Any] = json.loads(re.sub(r"(?<!\\)((?:\\\\)*)\\u0000", r"\1", text))
    return plain
