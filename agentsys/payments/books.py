"""What a payment's moves do to the journal and to the contributions that it pays."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.extension.contract import Custody
from agentsys.ledger import accounts, journal
from agentsys.payments.models import Payment, PaymentMonth


def money_account(payment: Payment) -> str:
    """Where the money lies once it is paid: in the agent's hands, or with the provider."""
    if payment.custody is Custody.AGENT and payment.agent_id is not None:
        return accounts.cash_of(payment.agent_id)
    return accounts.clearing(payment.clearing)


def receive(session: Session, *, payment: Payment, into: str, at: datetime) -> int:
    """Book a payment that came, for the months it was meant for; the rupiah that were too much."""
    taken = _take_months(session, payment)
    too_much = payment.amount_idr - taken
    journal.post(
        session,
        kind="payment.settled",
        source=payment.reference,
        at=at,
        lines={
            into: payment.amount_idr,
            accounts.OWED_BPJS: -taken,
            accounts.owed_to_worker(payment.worker_id): -too_much,
        },
    )
    return too_much


def give_back(session: Session, *, payment: Payment, at: datetime) -> int:
    """Book that a payment went back; the rupiah of its months that were remitted already."""
    freed = session.scalars(
        update(Contribution)
        .where(Contribution.payment_id == payment.id, Contribution.remittance_id.is_(None))
        .values(payment_id=None)
        .returning(Contribution.amount_idr)
    ).all()
    remitted = session.scalars(
        select(Contribution.amount_idr).where(Contribution.payment_id == payment.id)
    ).all()
    journal.post(
        session,
        kind="payment.refunded",
        source=payment.reference,
        at=at,
        lines={
            money_account(payment): -payment.amount_idr,
            accounts.OWED_BPJS: sum(freed),
            accounts.claim_on_worker(payment.worker_id): sum(remitted),
            accounts.owed_to_worker(payment.worker_id): (
                payment.amount_idr - sum(freed) - sum(remitted)
            ),
        },
    )
    return sum(remitted)


def set_aside(session: Session, *, payment: Payment, amount_idr: int, at: datetime) -> None:
    """Book money of another amount than was asked: it came, and a person must say what it is."""
    payment.aside_idr = amount_idr
    journal.post(
        session,
        kind="payment.set_aside",
        source=payment.reference,
        at=at,
        lines={money_account(payment): amount_idr, accounts.SUSPENSE: -amount_idr},
    )


def release(session: Session, *, payment: Payment, at: datetime) -> None:
    """Undo `set_aside`, because the provider corrected itself before a person decided."""
    journal.post(
        session,
        kind="payment.set_aside.undone",
        source=payment.reference,
        at=at,
        lines={
            money_account(payment): -payment.aside_idr,
            accounts.SUSPENSE: payment.aside_idr,
        },
    )
    payment.aside_idr = 0


def _take_months(session: Session, payment: Payment) -> int:
    """Give the payment those of its months that are unpaid, at the price it paid; their sum."""
    # In the order of months, always: two payments of one worker never wait for each other.
    rows = session.execute(
        select(Contribution.month, Contribution.amount_idr)
        .join(
            PaymentMonth,
            (PaymentMonth.worker_id == Contribution.worker_id)
            & (PaymentMonth.month == Contribution.month),
        )
        .where(
            PaymentMonth.payment_id == payment.id,
            Contribution.payment_id.is_(None),
            Contribution.amount_idr == PaymentMonth.amount_idr,
        )
        .order_by(Contribution.month)
        .with_for_update(of=Contribution, key_share=True)
    ).all()
    if rows:
        session.execute(
            update(Contribution)
            .where(
                Contribution.worker_id == payment.worker_id,
                Contribution.month.in_([month for month, _ in rows]),
            )
            .values(payment_id=payment.id)
        )
    return sum(amount for _, amount in rows)
