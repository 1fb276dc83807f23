"""Finding one payment by its id, reference or receipt, and its state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from agentsys.errors import NotFound
from agentsys.extension.contract import Custody, PayCode, PaymentState
from agentsys.payments.models import Case, Payment, PaymentMove, Receipt
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker

_WAITING = (PaymentState.CREATED, PaymentState.PENDING)


@dataclass(frozen=True, kw_only=True)
class AskedMonth:
    """A month that a payment is for, and what was asked for it."""

    month: date
    amount_idr: int


@dataclass(frozen=True, kw_only=True)
class PaymentView:
    """A payment as the payer and the agent see it."""

    id: int
    reference: str
    worker_id: int | None  # None: an agent's deposit, or a sponsor's bill
    worker_name: str
    channel: str
    custody: Custody
    state: PaymentState
    amount_idr: int
    reason: str
    created_at: datetime
    expires_at: datetime | None
    pay_url: str
    qr_string: str
    codes: tuple[PayCode, ...]
    receipt_number: str  # empty before there is a receipt
    receipt_code: str
    months: tuple[AskedMonth, ...]

    @property
    def is_waiting(self) -> bool:
        """Whether it may still be paid."""
        return self.state in _WAITING

    @property
    def shows_how_to_pay(self) -> bool:
        """Whether there is anything to pay with."""
        return bool(self.pay_url or self.qr_string or self.codes)


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


def payment_in_scope(
    session: Session, user: User, payment_id: int, *, to: Permission
) -> PaymentView:
    """A worker's payment for which the user holds the permission; NotFound for any other."""
    of_worker = (Payment.id == payment_id) & Payment.worker_id.is_not(None)
    return _seen(session, user, of_worker, to)


def deposit_payment_in_scope(
    session: Session, user: User, deposit_id: int, *, to: Permission
) -> PaymentView:
    """The payment of a deposit for which the user holds the permission; NotFound for any other."""
    return _seen(session, user, Payment.for_deposit_id == deposit_id, to)


def virtual_account_of(session: Session, bill_id: int) -> PaymentView | None:
    """The newest payment of a sponsor's bill through a provider; the caller checks the scope."""
    query = _payments().where(Payment.for_bill_id == bill_id, Payment.custody == Custody.PROVIDER)
    return _first(session, query.order_by(Payment.id.desc()).limit(1))


def payment_by_reference(
    session: Session, reference: str, *, worker_id: int | None = None
) -> PaymentView | None:
    """The payment with this reference, if it is the worker's when one is given."""
    query = _payments().where(Payment.reference == reference)
    if worker_id is not None:
        query = query.where(Payment.worker_id == worker_id)
    return _first(session, query)


def waiting_payment(session: Session, *, worker_id: int) -> PaymentView | None:
    """The worker's newest pending payment."""
    query = _payments().where(Payment.worker_id == worker_id, Payment.state.in_(_WAITING))
    return _first(session, query.order_by(Payment.id.desc()).limit(1))


def receipt_code(session: Session, user: User, *, number: str, to: Permission) -> str:
    """The code of the receipt with this number in the user's scope; NotFound for any other."""
    place = (Payment.agent_id, Payment.office_id)
    seen = scope.of_agent(user, *place, to=to, stands_in=to is Permission.PORTFOLIO_READ)
    code = session.scalar(
        select(Receipt.code)
        .join(Payment, Payment.id == Receipt.payment_id)
        .where(Receipt.number == number, seen)
    )
    if code is None:
        raise NotFound()
    return code


def _seen(session: Session, user: User, which: ColumnElement[bool], to: Permission) -> PaymentView:
    place = (Payment.agent_id, Payment.office_id)
    seen = scope.of_agent(user, *place, to=to, stands_in=to is Permission.PORTFOLIO_READ)
    found = _first(session, _payments().where(which, seen))
    if found is None:
        raise NotFound()
    return found


def _payments() -> Select[Payment]:
    return select(Payment).options(
        joinedload(Payment.worker).load_only(Worker.name),
        joinedload(Payment.receipt),
        selectinload(Payment.months),
    )


def _first(session: Session, query: Select[Payment]) -> PaymentView | None:
    # Another transaction may have changed what this session read before.
    payment = session.scalars(query.execution_options(populate_existing=True)).first()
    if payment is None:
        return None
    receipt = payment.receipt
    return PaymentView(
        id=payment.id,
        reference=payment.reference,
        worker_id=payment.worker_id,
        worker_name=payment.worker.name if payment.worker else "",
        channel=payment.channel,
        custody=payment.custody,
        state=payment.state,
        amount_idr=payment.amount_idr,
        reason=payment.reason,
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        pay_url=payment.pay_url,
        qr_string=payment.qr_string,
        codes=tuple(PayCode(**code) for code in payment.codes),
        receipt_number=receipt.number if receipt else "",
        receipt_code=receipt.code if receipt else "",
        months=tuple(
            AskedMonth(month=asked.month, amount_idr=asked.amount_idr) for asked in payment.months
        ),
    )
