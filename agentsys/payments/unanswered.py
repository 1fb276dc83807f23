"""Cases of callbacks that no provider could report on."""

from __future__ import annotations

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import Case, CaseKind, Payment, Resolution


def open_unanswered(session: Session, *, reference: str, callback_id: int) -> None:
    """Open a case for a reference that no provider could report on, unless one is open."""
    if session.scalar(select(exists().where(*_open_case_of(reference)))):
        return
    # A case closed because a report came was not a person's decision, so it may be reopened.
    reopened = session.scalars(
        update(Case)
        .where(
            Case.kind == CaseKind.UNANSWERED,
            Case.subject == reference,
            Case.callback_id == callback_id,
            Case.resolution == Resolution.ANSWERED.value,
        )
        .values(closed_at=None, resolution="", opened_at=clock.now())
        .returning(Case.id)
    )
    if reopened.all():
        return
    payment = session.execute(
        select(Payment.id, Payment.amount_idr).where(Payment.reference == reference)
    ).one_or_none()
    open_case(
        session,
        kind=CaseKind.UNANSWERED,
        subject=reference,
        at=clock.now(),
        payment_id=payment.id if payment else None,
        callback_id=callback_id,
        amount_idr=payment.amount_idr if payment else None,
        facts={"callback": callback_id},
    )


def close_unanswered(session: Session, *, reference: str) -> None:
    """Close the open case of a reference: the provider has reported after all."""
    session.execute(
        update(Case)
        .where(*_open_case_of(reference))
        .values(closed_at=clock.now(), resolution=Resolution.ANSWERED.value)
    )


def _open_case_of(reference: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Case.kind == CaseKind.UNANSWERED,
        Case.subject == reference,
        Case.closed_at.is_(None),
    )
