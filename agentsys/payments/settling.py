"""What follows when payments are paid: journal, months, receipts, events, siblings, cases.

Written for many payments at once, in a number of statements that does not grow with them: the
callbacks of a busy hour are settled together.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from agentsys.events import record as events
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.extension.events import PaymentSettled
from agentsys.many import insert_all, update_all
from agentsys.payments import books, receipts, unclear
from agentsys.payments.books import Received
from agentsys.payments.case_opening import open_about
from agentsys.payments.live_attempts import withdraw_debits
from agentsys.payments.models import CaseKind, Payment, PaymentMove
from agentsys.payments.payment_moves import enter
from agentsys.payments.sanitise import note
from agentsys.payments.siblings import withdraw_siblings


def settle(session: Session, received: Sequence[Received], *, at: datetime) -> Collection[int]:
    """Book money and issue receipts; the ids of payments that paid for more than open months."""
    payments = [each.payment for each in received]
    surplus = books.receive(session, received, at=at)
    receipts.issue(session, payments=payments, at=at)
    events.record_all(session, [_settled(payment) for payment in payments])
    withdraw_siblings(session, payments)
    withdraw_debits(session, [payment.id for payment in payments])
    for payment in payments:
        if payment.id in surplus:
            open_about(session, CaseKind.PAID_TWICE, payment, at, too_much_idr=surplus[payment.id])
    return surplus.keys()


def settle_plain(
    session: Session,
    reported: Sequence[tuple[Payment, PaymentReport]],
    *,
    by: str,
    at: datetime,
) -> Collection[int]:
    """Settle different open payments that are locked; the ids that a person must review."""
    moves = []
    for payment, report in reported:
        moves.append(enter(payment, PaymentState.SETTLED, report=report, by=by, at=at))
        note(payment, report)
    payments = [payment for payment, _ in reported]
    update_all(session, payments)
    session.execute(insert_all(PaymentMove, moves))
    odd = settle(
        session, [Received(payment, books.money_account(payment)) for payment in payments], at=at
    )
    unclear.close_all(session, payments, at)
    return odd


def _settled(payment: Payment) -> PaymentSettled:
    return PaymentSettled(
        office_id=payment.office_id,
        agent_id=payment.agent_id,
        worker_id=payment.worker_id,
        reference=payment.reference,
        channel=payment.channel,
        amount_idr=payment.amount_idr,
    )
