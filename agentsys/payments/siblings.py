"""Other open payments for the same months of a worker."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ARRAY, BigInteger, Select, all_, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from agentsys.extension.contract import Custody, PaymentState
from agentsys.many import among
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


def withdraw_siblings(session: Session, payments: Collection[Payment]) -> None:
    """Have the other open payments for the months of these cancelled: they would be paid twice."""
    paid, other = aliased(PaymentMonth), aliased(PaymentMonth)
    ids = [payment.id for payment in payments]
    same_month = (other.worker_id == paid.worker_id) & (other.month == paid.month)
    rows = session.execute(
        select(Payment, func.min(paid.payment_id))
        .join(other, other.payment_id == Payment.id)
        .join(paid, same_month)
        .where(
            among(paid.payment_id, ids),
            Payment.id != all_(literal(ids, ARRAY(BigInteger))),
            Payment.state.in_(OPEN),
            Payment.custody == Custody.PROVIDER,
        )
        .group_by(Payment.id)
        .order_by(Payment.id)
    ).all()
    references = {payment.id: payment.reference for payment in payments}
    for sibling, paid_id in rows:
        provider_queue.put(session, sibling, Action.CANCEL, by=f"paid:{references[paid_id]}")
