"""Opening cases for people to review; the same facts open a case only once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys.extension.contract import PaymentReport
from agentsys.payments.models import Case, CaseKind, Payment, Resolution
from agentsys.payments.sanitise import plain

# While such a case is open, its payment is not remitted to BPJS: the money may be gone.
HOLDING_BACK = (
    CaseKind.REVERSED,
    CaseKind.CHANGED_AFTER_DECISION,
    CaseKind.UNCLEAR,
    CaseKind.UNANSWERED,
)


def open_case(
    session: Session,
    *,
    kind: CaseKind,
    subject: str,
    at: datetime,
    payment_id: int | None = None,
    callback_id: int | None = None,
    office_id: int | None = None,
    amount_idr: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Open a case; False if a case with these facts is open or was already decided."""
    office = select(Payment.office_id).where(Payment.id == payment_id).scalar_subquery()
    opened = session.execute(
        insert(Case)
        .values(
            kind=kind,
            subject=subject,
            payment_id=payment_id,
            callback_id=callback_id,
            office_id=office if payment_id else office_id,
            amount_idr=amount_idr,
            facts=dict(facts or {}),
            opened_at=at,
        )
        .on_conflict_do_nothing(index_elements=["kind", "subject", "facts"])
        .returning(Case.id)
    )
    return opened.scalar() is not None


def open_about(
    session: Session, kind: CaseKind, payment: Payment, at: datetime, **facts: str | int
) -> bool:
    """Open a case about a payment; False if one with these facts is open or was decided."""
    return open_case(
        session,
        kind=kind,
        subject=payment.reference,
        at=at,
        payment_id=payment.id,
        amount_idr=payment.amount_idr,
        facts=facts,
    )


def open_unknown(session: Session, report: PaymentReport, at: datetime) -> bool:
    """Open a case for a report about an unknown payment."""
    return open_case(
        session,
        kind=CaseKind.UNKNOWN_ORDER,
        subject=report.reference,
        at=at,
        amount_idr=report.amount_idr or None,
        facts={"reported": report.state.value, "provider_ref": plain(report.provider_ref, 80)},
    )


def was_decided(session: Session, payment: Payment, resolutions: Iterable[Resolution]) -> bool:
    """Whether a person closed a case of the payment in one of these ways."""
    closed = (Case.payment_id == payment.id) & Case.resolution.in_(resolutions)
    return session.scalar(select(exists().where(closed))) or False
