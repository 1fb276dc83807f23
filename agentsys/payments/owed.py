"""What is owed to whoever paid a payment, and what the payer owes: a worker, or a sponsor."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys.ledger import accounts, journal
from agentsys.payments.models import Payment


def account_of(payment: Payment) -> str:
    """The account of what the payer paid too much; an error for an agent's deposit."""
    bill = payment.bill
    if bill is not None:
        return accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    return accounts.owed_to_worker(payment.payer_id)


def claim_of(payment: Payment) -> str:
    """The account of what the payer got back though we had passed it on; an error for a deposit."""
    bill = payment.bill
    if bill is not None:
        return accounts.claim_on_sponsor(bill.agreement_id, bill.office_id)
    return accounts.claim_on_worker(payment.payer_id)


def to_payer(session: Session, payment: Payment) -> int:
    """Rupiah that we owe the payer; locks that balance until the transaction ends."""
    account = account_of(payment)
    journal.lock_account(session, account)
    return -journal.balance(session, account)
