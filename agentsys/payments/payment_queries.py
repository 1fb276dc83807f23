"""One payment with its months, receipt, callbacks, journal lines and state changes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Select, case, cast, func, or_, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution, ContributionState
from agentsys.errors import NotFound
from agentsys.extension.contract import Custody, PaymentState
from agentsys.ledger.models import Entry, Posting
from agentsys.payments.models import (
    Outcome,
    Payment,
    PaymentMonth,
    PaymentMove,
    Receipt,
    StoredCallback,
)
from agentsys.payments.provider_models import ProviderRequest
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.workers.models import Worker

_USER = "user:"  # prefix of the user id in the actor of a state change


@dataclass(frozen=True, kw_only=True)
class PaymentDetail:
    """One payment as finance sees it."""

    id: int
    reference: str
    state: PaymentState
    channel: str
    custody: Custody
    amount_idr: int
    worker_id: int | None  # None: an agent's deposit, or a sponsor's bill
    worker_name: str
    agent_name: str
    provider_ref: str
    reason: str
    created_at: datetime
    next_check_at: datetime | None
    final_at: datetime | None  # until then the provider may take the money back
    deposit_id: int | None  # that its cash is in
    for_deposit_id: int | None  # that it pays
    for_bill_id: int | None  # of a sponsor, that it pays
    receipt_number: str
    receipt_code: str
    asked: int | None  # how often the provider was asked what it is asked now; None: nothing


@dataclass(frozen=True, kw_only=True)
class PaidMonth:
    """One month that a payment is meant for, and the state of its contribution."""

    month: date
    amount_idr: int  # the requested price
    state: ContributionState
    remittance_id: int | None
    paid_by_this: bool  # else another payment paid it


@dataclass(frozen=True, kw_only=True)
class CallbackNote:
    """One callback about a payment, and its outcome."""

    id: int
    received_at: datetime
    times: int
    outcome: Outcome | None
    note: str


@dataclass(frozen=True, kw_only=True)
class JournalLine:
    """One line of a journal entry of a payment, or of one of its cases."""

    at: datetime
    kind: str
    account: str
    amount_idr: int  # positive is debit


@dataclass(frozen=True, kw_only=True)
class Move:
    """One change of a payment's state."""

    at: datetime
    to_state: PaymentState
    by: str  # "callback", "sweep", "start", or empty for a person
    person: str  # the person's name, or empty


def payment(session: Session, user: User, payment_id: int) -> PaymentDetail:
    """One payment; NotFound if it does not exist or the user may not see it."""
    row = session.execute(_payments(user).where(Payment.id == payment_id)).one_or_none()
    if row is None:
        raise NotFound()
    return PaymentDetail(**row._mapping)


def payment_by_reference(session: Session, user: User, reference: str) -> PaymentDetail | None:
    """The payment of that number, if the user may see it."""
    row = session.execute(_payments(user).where(Payment.reference == reference)).one_or_none()
    return PaymentDetail(**row._mapping) if row else None


def months_of(session: Session, payment_id: int) -> Sequence[PaidMonth]:
    """The months that the payment is meant for."""
    rows = session.execute(
        select(
            PaymentMonth.month,
            PaymentMonth.amount_idr,
            Contribution.state,
            Contribution.remittance_id,
            func.coalesce(Contribution.payment_id == payment_id, False).label("paid_by_this"),
        )
        .join(
            Contribution,
            (Contribution.worker_id == PaymentMonth.worker_id)
            & (Contribution.month == PaymentMonth.month),
        )
        .where(PaymentMonth.payment_id == payment_id)
        .order_by(PaymentMonth.month)
    )
    return [PaidMonth(**row._mapping) for row in rows]


def callbacks_of(session: Session, reference: str) -> Sequence[CallbackNote]:
    """The callbacks about the payment, newest first."""
    rows = session.execute(
        select(
            StoredCallback.id,
            StoredCallback.received_at,
            StoredCallback.deliveries.label("times"),
            StoredCallback.outcome,
            StoredCallback.note,
        )
        .where(StoredCallback.reference == reference)
        .order_by(StoredCallback.id.desc())
    )
    return [CallbackNote(**row._mapping) for row in rows]


def journal_of(
    session: Session, *, reference: str, case_ids: Collection[int]
) -> Sequence[JournalLine]:
    """The journal lines of the payment and its cases, in order."""
    sources = [reference, *(f"case:{case_id}" for case_id in case_ids)]
    kinds = (Entry.kind.startswith("payment."), Entry.kind == "worker.repaid")
    rows = session.execute(
        select(Entry.at, Entry.kind, Posting.account, Posting.amount_idr)
        .join(Posting, Posting.entry_id == Entry.id)
        .where(Entry.source.in_(sources), or_(*kinds))
        .order_by(Entry.id, Posting.amount_idr.desc(), Posting.account)
    )
    return [JournalLine(**row._mapping) for row in rows]


def moves_of(session: Session, payment_id: int) -> Sequence[Move]:
    """The payment's changes of state, newest first."""
    # CASE, because what follows the prefix is a number only there.
    number = cast(func.substr(PaymentMove.by, len(_USER) + 1), BigInteger)
    user_id = case((PaymentMove.by.startswith(_USER), number))
    moves = session.execute(
        select(PaymentMove, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == user_id)
        .where(PaymentMove.payment_id == payment_id)
        .order_by(PaymentMove.at.desc())
    )
    return [
        Move(
            at=move.at,
            to_state=move.to_state,
            by="" if move.by.startswith(_USER) else move.by,
            person=person,
        )
        for move, person in moves
    ]


_COLUMNS: tuple[Any, ...] = (
    Payment.id,
    Payment.reference,
    Payment.state,
    Payment.channel,
    Payment.custody,
    Payment.amount_idr,
    Payment.worker_id,
    func.coalesce(Worker.name, "").label("worker_name"),
    func.coalesce(Agent.name, "").label("agent_name"),
    Payment.provider_ref,
    Payment.reason,
    Payment.created_at,
    Payment.next_check_at,
    Payment.final_at,
    Payment.deposit_id,
    Payment.for_deposit_id,
    Payment.for_bill_id,
    func.coalesce(Receipt.number, "").label("receipt_number"),
    func.coalesce(Receipt.code, "").label("receipt_code"),
    ProviderRequest.tries.label("asked"),
)


def _payments(user: User) -> Select[Any]:
    return (
        select(*_COLUMNS)
        .outerjoin(Worker, Worker.id == Payment.worker_id)
        .outerjoin(Agent, Agent.id == Payment.agent_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .outerjoin(ProviderRequest, ProviderRequest.payment_id == Payment.id)
        .where(scope.of_office(user, Payment.office_id))
    )
