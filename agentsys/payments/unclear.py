"""Closing cases about unclear reports by the provider's own clear news."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.many import among
from agentsys.payments.models import Case, CaseKind, Payment, Resolution


def close_unclear(session: Session, payment: Payment, report: PaymentReport, at: datetime) -> None:
    """Close the open cases of unclear reports, if a later one is clear and is in the books."""
    if report.state in (PaymentState.CREATED, PaymentState.PENDING):
        return
    if report.state is payment.state and not payment.aside_idr:
        close_all(session, [payment], at)


def close_all(session: Session, payments: Collection[Payment], at: datetime) -> None:
    """Close the open cases of unclear reports about payments whose state is clear by now."""
    session.execute(
        update(Case)
        .where(
            among(Case.payment_id, [payment.id for payment in payments]),
            Case.kind == CaseKind.UNCLEAR,
            Case.closed_at.is_(None),
        )
        .values(closed_at=at, resolution=Resolution.ANSWERED.value)
        .execution_options(synchronize_session="fetch")
    )
