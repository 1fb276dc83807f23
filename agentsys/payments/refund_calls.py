"""Asking a provider for an approved refund, with the same key until it answers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.db import in_transaction, transaction
from agentsys.extension.contract import (
    PaymentChannel,
    PaymentReport,
    RefundRefused,
    RefundRequest,
)
from agentsys.payments import attempts, refund_effects
from agentsys.payments.lifecycle import apply_report, locked
from agentsys.payments.models import Payment
from agentsys.payments.polling import about
from agentsys.payments.refund_models import Refund, RefundState

# Providers know a key for seven days. After that the same key could be a second refund.
SAME_KEY_FOR = timedelta(days=6)
TOO_LATE = "Penyedia tidak menjawab selama enam hari. Periksa di penyedia sebelum mengusulkan lagi."


def give(channel: PaymentChannel, reference: str, *, by: str) -> bool:
    """Ask for the approved refund of a payment; False if it is still not known. An entrypoint."""
    with transaction() as session:
        found = _approved(session, reference)
        if found is None:
            return True
        refund, payment = found
        too_late = refund.decided_at is None or clock.now() > refund.decided_at + SAME_KEY_FOR
        request = RefundRequest(
            reference=reference,
            provider_ref=_paid_ref(session, payment, refund),
            key=refund.key,
            amount_idr=refund.amount_idr,
            reason=refund.reason,
        )
    try:
        report = about(reference, channel.check(reference) if too_late else channel.refund(request))
    except RefundRefused as refused:
        _fail(reference, str(refused))
        return True
    return _apply(report, too_late=too_late, by=by)


def _apply(report: PaymentReport, *, too_late: bool, by: str) -> bool:
    def write(session: Session) -> bool:
        apply_report(session, report=report, by=by)
        return _approved(session, report.reference) is None

    known = in_transaction(write)
    if not known and too_late:
        _fail(report.reference, TOO_LATE)
        return True
    return known


def _fail(reference: str, why: str) -> None:
    def write(session: Session) -> None:
        found = _approved(session, reference)
        if found is not None:
            refund_effects.fail(session, *found, why=why)

    in_transaction(write)


def _approved(session: Session, reference: str) -> tuple[Refund, Payment] | None:
    """The refund of a payment that its provider is asked for, both locked."""
    payment = locked(session, reference)
    if payment is None:
        return None
    refund = session.scalar(
        select(Refund)
        .where(Refund.payment_id == payment.id, Refund.state == RefundState.APPROVED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return (refund, payment) if refund is not None else None


def _paid_ref(session: Session, payment: Payment, refund: Refund) -> str:
    """The attempt that is given back: what was paid twice comes from the second one."""
    if refund.is_whole:
        return payment.provider_ref
    return attempts.paid_another(session, payment, refund.amount_idr) or payment.provider_ref
