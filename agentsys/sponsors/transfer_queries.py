"""Reading what sponsors paid by transfers and to virtual accounts, and what is left of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.agreements.models import Bill
from agentsys.contributions.models import Contribution
from agentsys.errors import NotFound
from agentsys.extension.contract import Custody, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments import bill_claims
from agentsys.payments.models import Payment
from agentsys.people.models import User
from agentsys.sponsors.bill_queries import BillRow


@dataclass(frozen=True, kw_only=True)
class TransferRow:
    """One transfer that was recorded for a bill."""

    id: int
    amount_idr: int
    reference: str  # of the bank
    received_on: date
    state: PaymentState
    reason: str
    made_by: int | None
    made_by_name: str
    made_at: datetime
    settled_at: datetime | None
    people: int  # whom it paid for
    paid_idr: int


@dataclass(frozen=True, kw_only=True)
class VirtualAccountRow:
    """One virtual account that was asked for a bill."""

    id: int  # of the payment
    channel: str
    amount_idr: int
    state: PaymentState
    reason: str
    made_by_name: str
    made_at: datetime
    settled_at: datetime | None
    people: int  # whom it paid for
    paid_idr: int


def transfers(session: Session, bill_id: int) -> Sequence[TransferRow]:
    """The transfers that were recorded for a bill, the newest first."""
    rows = session.execute(_payments(bill_id).where(Payment.custody == Custody.BANK))
    return [_transfer(row) for row in rows]


def virtual_accounts(session: Session, bill_id: int) -> Sequence[VirtualAccountRow]:
    """The virtual accounts that were asked for a bill, the newest first."""
    rows = session.execute(_payments(bill_id).where(Payment.custody == Custody.PROVIDER))
    return [
        VirtualAccountRow(
            id=row.id,
            channel=row.channel,
            amount_idr=row.amount_idr,
            state=row.state,
            reason=row.reason,
            made_by_name=row.made_by_name,
            made_at=row.created_at,
            settled_at=row.settled_at,
            people=row.people,
            paid_idr=int(row.paid_idr),
        )
        for row in rows
    ]


def transfer_of(session: Session, bill_id: int, transfer_id: int) -> TransferRow:
    """One transfer of a bill; NotFound if it has none with that id."""
    for found in transfers(session, bill_id):
        if found.id == transfer_id:
            return found
    raise NotFound()


@dataclass(frozen=True, kw_only=True)
class Credit:
    """What a bill's agreement paid too much before, and has left."""

    usable_idr: int  # for this bill
    held_idr: int  # for the open virtual account of another bill
    credit_paid_idr: int  # of this bill, by such money alone


def credit(session: Session, bill: BillRow) -> Credit:
    """What the bill's agreement has left for it."""
    account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    left = -journal.balance(session, account)
    held = bill_claims.held_elsewhere(session, agreement_id=bill.agreement_id, bill_id=bill.id)
    by_credit = session.scalar(
        select(func.sum(Payment.amount_idr)).where(
            Payment.for_bill_id == bill.id, Payment.custody == Custody.CREDIT
        )
    )
    return Credit(
        usable_idr=max(left - held, 0),
        held_idr=min(held, left),
        credit_paid_idr=int(by_credit or 0),
    )


def _payments(bill_id: int) -> Select[Any]:
    """The payments for a bill, and what each paid of it, the newest first."""
    maker = aliased(User)
    paid = (
        select(
            Contribution.payment_id,
            func.count().label("people"),
            func.sum(Contribution.amount_idr).label("paid_idr"),
        )
        .where(
            Contribution.payment_id.in_(select(Payment.id).where(Payment.for_bill_id == bill_id)),
            Contribution.month == select(Bill.month).where(Bill.id == bill_id).scalar_subquery(),
        )
        .group_by(Contribution.payment_id)
        .subquery()
    )
    columns: tuple[Any, ...] = (
        Payment.id,
        Payment.channel,
        Payment.amount_idr,
        Payment.provider_ref,
        Payment.inputs,
        Payment.state,
        Payment.reason,
        Payment.created_by,
        func.coalesce(maker.name, "").label("made_by_name"),
        Payment.created_at,
        Payment.settled_at,
        func.coalesce(paid.c.people, 0).label("people"),
        func.coalesce(paid.c.paid_idr, 0).label("paid_idr"),
    )
    return (
        select(*columns)
        .outerjoin(maker, maker.id == Payment.created_by)
        .outerjoin(paid, paid.c.payment_id == Payment.id)
        .where(Payment.for_bill_id == bill_id)
        .order_by(Payment.id.desc())
    )


def _transfer(row: Any) -> TransferRow:
    return TransferRow(
        id=row.id,
        amount_idr=row.amount_idr,
        reference=row.provider_ref,
        received_on=date.fromisoformat(row.inputs["received_on"]),
        state=row.state,
        reason=row.reason,
        made_by=row.created_by,
        made_by_name=row.made_by_name,
        made_at=row.created_at,
        settled_at=row.settled_at,
        people=row.people,
        paid_idr=int(row.paid_idr),
    )
