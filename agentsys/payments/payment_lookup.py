"""Finding one payment: by its number, its reference or its receipt, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from agentsys.errors import NotFound
from agentsys.extension.contract import PaymentState
from agentsys.payments.models import Case, Payment, PaymentMove, Receipt
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission


@dataclass(frozen=True, kw_only=True)
class StateChange:
    """One change of a payment's state."""

    at: datetime
    state: PaymentState
    by: str


def changes_of(session: Session, *, payment_id: int) -> Sequence[StateChange]:
    """The changes of a payment's state, oldest first."""
    rows = session.scalars(
        select(PaymentMove)
        .where(PaymentMove.payment_id == payment_id)
        .order_by(PaymentMove.at, PaymentMove.to_state)
    )
    return [StateChange(at=row.at, state=row.to_state, by=row.by) for row in rows]


def has_open_case(session: Session, *, payment_id: int) -> bool:
    """Whether the payment has an open case."""
    query = select(Case.id).where(Case.payment_id == payment_id, Case.closed_at.is_(None)).limit(1)
    return session.scalar(query) is not None


def payment_in_scope(session: Session, user: User, payment_id: int, *, to: Permission) -> Payment:
    """A payment for which the user holds the permission; NotFound for any other."""
    condition = scope.of_agent(user, Payment.agent_id, Payment.office_id, to=to)
    found: Payment = scope.one(session, Payment, condition, payment_id)
    return found


def payment_by_reference(
    session: Session, reference: str, *, worker_id: int | None = None
) -> Payment | None:
    """The payment with this reference, if it is the worker's when one is given."""
    query = select(Payment).where(Payment.reference == reference)
    if worker_id is not None:
        query = query.where(Payment.worker_id == worker_id)
    return session.scalar(query)


def payment_of_receipt(session: Session, code: str) -> Payment:
    """The payment whose receipt has this code; NotFound for a code that was never issued."""
    query = select(Payment).where(Payment.receipt.has(code=code))
    found = session.scalars(query.options(joinedload(Payment.months))).unique().one_or_none()
    if found is None:
        raise NotFound()
    return found


def receipt_code(session: Session, user: User, *, number: str, to: Permission) -> str:
    """The code of the receipt with this number in the user's scope; NotFound for any other."""
    code = session.scalar(
        select(Receipt.code)
        .join(Payment, Payment.id == Receipt.payment_id)
        .where(
            Receipt.number == number,
            scope.of_agent(user, Payment.agent_id, Payment.office_id, to=to),
        )
    )
    if code is None:
        raise NotFound()
    return code
