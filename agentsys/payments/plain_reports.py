"""Plain reports: an open payment was paid, is pending or over, or stands as it stood before.

Nearly all reports are plain. Many are applied together, in a number of statements that does not
grow with them. The rest are looked at one by one (`lifecycle`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.many import insert_all, update_all
from agentsys.payments import settling, unclear
from agentsys.payments.attempts import is_another
from agentsys.payments.models import Outcome, Payment, PaymentMove
from agentsys.payments.payment_moves import GIVEN_UP, MOVED_MONEY, PAYMENT_TRANSITIONS, enter
from agentsys.payments.sanitise import note
from agentsys.payments.siblings import OPEN

P = PaymentState
Reported = tuple[Payment, PaymentReport]


def apply_plain(
    session: Session, reported: Sequence[Reported], *, by: str, at: datetime
) -> dict[str, Outcome]:
    """Apply the plain ones of these reports about different locked payments; their outcomes."""
    plain = [pair for pair in reported if _is_plain(*pair)]
    paid = [pair for pair in plain if _is_paid(*pair)]
    moved = [pair for pair in plain if _moves_no_money(*pair)]
    same = [pair for pair in plain if _says_nothing_new(*pair)]
    odd = settling.settle_plain(session, paid, by=by, at=at) if paid else ()
    _move(session, moved, by=by, at=at)
    _repeat(session, same)
    _close_unclear(session, [*moved, *same], at)
    outcomes = {payment.reference: Outcome.MOVED for payment, _ in [*paid, *moved]}
    outcomes |= {payment.reference: Outcome.TO_CHECK for payment, _ in paid if payment.id in odd}
    return outcomes | {payment.reference: Outcome.NOTHING_NEW for payment, _ in same}


def _is_plain(payment: Payment, report: PaymentReport) -> bool:
    """Whether nothing about the report needs a look of its own, apart from the state."""
    return (
        payment.for_deposit_id is None  # each change of its state changes the deposit
        and payment.for_bill_id is None  # its money pays for many workers
        and not payment.aside_idr
        and not report.for_a_person
        and not report.refunds
        and not is_another(payment, report)
    )


def _is_paid(payment: Payment, report: PaymentReport) -> bool:
    """Whether an open payment was paid, with the sum that was asked for."""
    return (
        report.state is P.SETTLED
        and payment.state in OPEN
        and report.amount_idr == payment.amount_idr
    )


def _moves_no_money(payment: Payment, report: PaymentReport) -> bool:
    """Whether the payment moves on, and nothing was received or given back."""
    return report.state not in MOVED_MONEY and report.state in PAYMENT_TRANSITIONS[payment.state]


def _says_nothing_new(payment: Payment, report: PaymentReport) -> bool:
    """Whether the report repeats the payment's state, or comes late; never of settled money."""
    return (
        report.state not in MOVED_MONEY
        and payment.state not in MOVED_MONEY
        and report.state not in PAYMENT_TRANSITIONS[payment.state]
    )


def _move(session: Session, moved: Sequence[Reported], *, by: str, at: datetime) -> None:
    if not moved:
        return
    moves = [enter(payment, report.state, report=report, by=by, at=at) for payment, report in moved]
    for payment, report in moved:
        note(payment, report)
    update_all(session, [payment for payment, _ in moved])
    session.execute(insert_all(PaymentMove, moves))


def _repeat(session: Session, same: Sequence[Reported]) -> None:
    for payment, report in same:
        if report.state is payment.state:
            note(payment, report)
    update_all(session, [payment for payment, _ in same])


def _close_unclear(session: Session, reported: Sequence[Reported], at: datetime) -> None:
    clear = [p for p, report in reported if report.state is p.state and p.state in GIVEN_UP]
    if clear:
        unclear.close_all(session, clear, at)
