"""Months that are open again although the worker's membership has ended: nobody has to pay them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions import closing
from agentsys.months import add_months
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.workers.kinds import CLOSES_ALL, CloseReason
from agentsys.workers.models import Enrolment


def close(session: Session, payment: Payment, *, actor_id: int) -> None:
    """Close the open months of a payment that was undone, as the end of a membership does."""
    periods = session.scalars(
        select(Enrolment)
        .where(Enrolment.worker_id == payment.payer_id)
        .order_by(Enrolment.from_month)
    ).all()
    if not periods:
        return
    last = periods[-1]
    months = session.scalars(
        select(PaymentMonth.month).where(PaymentMonth.payment_id == payment.id)
    )
    for month in months:
        ended = [each for each in periods if each.until_month and each.until_month <= month]
        goes_on = any(
            each.from_month <= month and (each.until_month is None or month < each.until_month)
            for each in periods
        )
        reason = None
        if last.end_reason in CLOSES_ALL:
            reason = last.end_reason
        elif ended and not goes_on:
            reason = ended[-1].end_reason
        if reason is not None:
            closing.close(
                session,
                {payment.payer_id: month},
                until=add_months(month, 1),
                why=CloseReason(reason),
                actor_id=actor_id,
            )
