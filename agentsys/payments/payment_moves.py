"""The states of a payment: which may follow which, and writing one change down."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.payments.models import Payment, PaymentMove
from agentsys.payments.sanitise import as_json

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

# How long a payment that the provider does not know may still be on its way to it.
UNKNOWN_FOR = timedelta(hours=1)
MOVED_MONEY = (P.SETTLED, P.REFUNDED)
GIVEN_UP = (P.EXPIRED, P.FAILED)
# Money can still arrive after a payment expired or failed, so it is polled a few times more.
TAIL = [timedelta(hours=1), timedelta(days=1), timedelta(days=3)]


def append_move(
    session: Session,
    payment: Payment,
    state: PaymentState,
    *,
    report: PaymentReport,
    by: str,
    at: datetime,
) -> None:
    """Write one change of a payment's state, and when its provider is asked next."""
    session.add(PaymentMove(**enter(payment, state, report=report, by=by, at=at)))
    session.flush()


def enter(
    payment: Payment, state: PaymentState, *, report: PaymentReport, by: str, at: datetime
) -> dict[str, Any]:
    """Change a payment's state in memory; the row of its change, to be written by the caller."""
    move = {
        "payment_id": payment.id,
        "from_state": payment.state,
        "to_state": state,
        "at": at,
        "by": by,
        "report": as_json(report),
    }
    payment.state = state
    if state is P.SETTLED:
        payment.settled_at = at
        payment.checks = 0
        # Asked about once more at the end of the reversal window: a notice may have been lost.
        payment.final_at = payment.next_check_at = (
            at + timedelta(seconds=payment.reversal_s) if payment.reversal_s else None
        )
    elif state in GIVEN_UP and payment.custody is Custody.PROVIDER:
        payment.checks = 0
        payment.next_check_at = at + TAIL[0]
    elif state is not P.PENDING:
        payment.next_check_at = None  # the sweep stops polling it
    return move
