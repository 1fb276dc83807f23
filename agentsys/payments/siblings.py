"""Other open payments for the same months of a worker."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import Session

from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments import provider_queue
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.payments.provider_models import Action

OPEN = (PaymentState.CREATED, PaymentState.PENDING)


def open_for(
    session: Session, *, worker_id: int, months: Collection[date] | Select[date]
) -> Sequence[Payment]:
    """The worker's open payments through providers for any of these months, oldest first."""
    return session.scalars(
        select(Payment)
        .where(
            Payment.worker_id == worker_id,
            Payment.state.in_(OPEN),
            Payment.custody == Custody.PROVIDER,
            exists().where(PaymentMonth.payment_id == Payment.id, PaymentMonth.month.in_(months)),
        )
        .order_by(Payment.id)
    ).all()


def withdraw_siblings(session: Session, payment: Payment) -> None:
    """Have the other open payments for the same months cancelled: they would be paid twice."""
    months = select(PaymentMonth.month).where(PaymentMonth.payment_id == payment.id)
    for sibling in open_for(session, worker_id=payment.worker_id, months=months):
        if sibling.id != payment.id:
            provider_queue.put(session, sibling, Action.CANCEL, by=f"paid:{payment.reference}")
