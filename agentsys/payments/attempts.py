"""Attempts to pay one order: a provider that takes an order again gives it another reference."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import PaymentAttempt
from agentsys.payments.sanitise import plain


def is_another(payment: Payment, report: PaymentReport) -> bool:
    """Whether a report is about an attempt other than the payment's current one."""
    reported = _reference(report)
    return bool(reported and payment.provider_ref and reported != payment.provider_ref)


def keep(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> None:
    """Write down how an attempt stands; what was paid stays paid unless it was refunded."""
    if payment.provider_ref and is_another(payment, report):
        own = replace(
            report,
            provider_ref=payment.provider_ref,
            state=payment.state,
            amount_idr=payment.amount_idr,
        )
        _write(session, payment, own, at)
    if report.provider_ref:
        _write(session, payment, report, at)


def is_older(session: Session, payment: Payment, report: PaymentReport) -> bool:
    """Whether a report is about an attempt that was known before the payment's own."""
    first = {
        reference: first_at
        for reference, first_at in session.execute(
            select(PaymentAttempt.provider_ref, PaymentAttempt.first_at).where(
                PaymentAttempt.payment_id == payment.id
            )
        )
    }
    return first[_reference(report)] < first[payment.provider_ref]


def paid_beside(session: Session, payment: Payment, reference: str) -> int:
    """Rupiah that the provider holds of the payment's attempts other than this one."""
    paid = session.scalar(
        select(func.sum(PaymentAttempt.amount_idr)).where(
            PaymentAttempt.payment_id == payment.id,
            PaymentAttempt.provider_ref != plain(reference, 80),
            PaymentAttempt.state == PaymentState.SETTLED,
        )
    )
    return int(paid or 0)


def paid_another(session: Session, payment: Payment, amount_idr: int) -> str:
    """The provider's number of another paid attempt that holds so much; empty if there is none."""
    found = session.scalar(
        select(PaymentAttempt.provider_ref)
        .where(
            PaymentAttempt.payment_id == payment.id,
            PaymentAttempt.provider_ref != payment.provider_ref,
            PaymentAttempt.state == PaymentState.SETTLED,
            PaymentAttempt.amount_idr >= amount_idr,
        )
        .order_by(PaymentAttempt.first_at.desc())
        .limit(1)
    )
    return found or ""


def _write(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> None:
    reference = _reference(report)
    new = insert(PaymentAttempt).values(
        payment_id=payment.id,
        provider_ref=reference,
        state=report.state,
        amount_idr=report.amount_idr,
        # The payment's own attempt is only written when a second one appears.
        first_at=payment.created_at if reference == payment.provider_ref else at,
        last_at=at,
    )
    final = PaymentAttempt.state.in_((PaymentState.SETTLED, PaymentState.REFUNDED))
    moves_on = new.excluded.state.in_((PaymentState.SETTLED, PaymentState.REFUNDED)) & (
        PaymentAttempt.state != PaymentState.REFUNDED
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=["payment_id", "provider_ref"],
            set_={
                "state": new.excluded.state,
                "amount_idr": new.excluded.amount_idr,
                "last_at": at,
            },
            where=~final | moves_on,
        )
    )


def _reference(report: PaymentReport) -> str:
    return plain(report.provider_ref, 80)
