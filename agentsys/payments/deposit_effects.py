"""What a provider's reports do to a deposit: its payment is for the deposit, not for months."""

from __future__ import annotations

from datetime import datetime
from itertools import accumulate

from sqlalchemy.orm import Session

from agentsys.ledger import accounts, journal
from agentsys.payments import books, deposit_moves
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment

TAKEN_BACK = "Bank menarik uang setoran ini kembali; uangnya tercatat di tangan agen lagi."


def claim_cash(session: Session, payment: Payment) -> bool:
    """Whether the cash that the payment pays for is there, and is now in its deposit.

    If the deposit was withdrawn meanwhile, it takes the receipts that the agent holds longest: they
    must come to the same sum.
    """
    deposit = _of(session, payment)
    if deposit.state is DepositState.DECLARED:
        return True
    deposit_moves.locked_agent(session, deposit.agent_id)
    held = deposit_moves.cash_of(session, deposit.agent_id)
    sums = list(accumulate(amount_idr for _, amount_idr in held))
    if payment.amount_idr not in sums:
        return False
    first = held[: sums.index(payment.amount_idr) + 1]
    deposit_moves.fill(session, deposit, [payment_id for payment_id, _ in first])
    return True


def confirm(session: Session, payment: Payment, into: str, *, at: datetime) -> None:
    """Confirm the deposit of a payment that was settled; `claim_cash` must have been true."""
    deposit = _of(session, payment)
    journal.post(
        session,
        kind="payment.settled",
        source=payment.reference,
        at=at,
        lines={
            into: payment.amount_idr,
            accounts.cash_of(deposit.agent_id): -payment.amount_idr,
        },
    )
    deposit_moves.decide(session, deposit, DepositState.CONFIRMED, actor_id=None, at=at)


def withdraw(session: Session, payment: Payment, *, at: datetime) -> None:
    """Withdraw the deposit of a payment that expired or failed: the agent holds its cash again."""
    deposit = _of(session, payment)
    if deposit.state is not DepositState.DECLARED:
        return
    deposit_moves.empty(session, deposit)
    deposit_moves.decide(
        session, deposit, DepositState.WITHDRAWN, actor_id=None, at=at, reason=payment.reason
    )


def take_back(session: Session, payment: Payment, *, at: datetime) -> None:
    """Return the deposit of a payment that the provider took back: the agent has the money.

    The cash of receipts that were voided meanwhile is owed to their workers already, and is no
    receipt's any more: the agent owes it as a shortage.
    """
    deposit = _of(session, payment)
    void_idr = deposit_moves.voided_in(session, deposit)
    journal.post(
        session,
        kind="payment.refunded",
        source=payment.reference,
        at=at,
        lines={
            books.money_account(payment): -payment.amount_idr,
            accounts.cash_of(deposit.agent_id): payment.amount_idr - void_idr,
            accounts.short_of(deposit.agent_id): void_idr,
        },
    )
    deposit_moves.empty(session, deposit)
    deposit_moves.decide(
        session, deposit, DepositState.RETURNED, actor_id=None, at=at, reason=TAKEN_BACK
    )


def _of(session: Session, payment: Payment) -> Deposit:
    return session.get_one(
        Deposit,
        payment.for_deposit_id,
        with_for_update={"of": Deposit, "key_share": True},
        populate_existing=True,
    )
