"""A bill that is paid less than before, and what its sponsor has left or owes us."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.ledger import accounts, journal
from agentsys.payments.credit_models import CreditHold
from agentsys.payments.models import Payment
from agentsys.payments.siblings import OPEN


def locked_bill(session: Session, bill_id: int | None) -> Bill:
    """The bill, re-read and locked until this transaction ends."""
    session.flush()
    return session.get_one(
        Bill, bill_id, with_for_update={"of": Bill, "key_share": True}, populate_existing=True
    )


def credit_of(session: Session, bill: Bill) -> int:
    """Rupiah that the agreement has left of earlier payments; locked until the transaction ends."""
    account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    journal.lock_account(session, account)
    return -journal.balance(session, account)


def usable_credit(session: Session, bill: Bill) -> int:
    """What `credit_of` has beside what an open virtual account of another bill asks less."""
    credit = credit_of(session, bill)  # locked first, so that nobody holds it meanwhile
    held = held_elsewhere(session, agreement_id=bill.agreement_id, bill_id=bill.id)
    return max(credit - held, 0)


def held_elsewhere(session: Session, *, agreement_id: int, bill_id: int | None) -> int:
    """Rupiah of an agreement's credit that an open virtual account of another bill counts on."""
    held = session.scalar(
        select(CreditHold.amount_idr)
        .join(Payment, Payment.id == CreditHold.payment_id)
        .where(
            CreditHold.agreement_id == agreement_id,
            Payment.state.in_(OPEN),
            Payment.for_bill_id.is_distinct_from(bill_id),
        )
    )
    return held or 0


def hold_credit(session: Session, payment: Payment, bill: Bill, amount_idr: int) -> None:
    """Keep so much of the credit, which is locked, for a bill's new virtual account."""
    if amount_idr <= 0:
        return
    let_go(session, bill.agreement_id)
    session.add(
        CreditHold(agreement_id=bill.agreement_id, payment_id=payment.id, amount_idr=amount_idr)
    )
    session.flush()


def let_go(session: Session, agreement_id: int) -> None:
    """Forget what was kept for a virtual account: it is over, or its bill is being paid."""
    session.execute(delete(CreditHold).where(CreditHold.agreement_id == agreement_id))


def unpay(bill: Bill, *, people: int, amount_idr: int) -> None:
    """So many workers of a locked bill are unpaid again."""
    if not people:
        return
    bill.paid_people -= people
    bill.paid_idr -= amount_idr
    bill.state = BillState.PART_PAID if bill.paid_people else BillState.SENT


def undo_claims(session: Session, freed: Mapping[int, tuple[int, int]]) -> dict[str, int]:
    """Workers, and their rupiah, whose months BPJS does not get after all, by bill.

    The money went back to their sponsors before, so that was a claim. Return the lines by account;
    what the sponsor paid of the claim meanwhile is its credit.
    """
    lines: dict[str, int] = {}
    for bill_id, (people, amount_idr) in sorted(freed.items()):
        bill = locked_bill(session, bill_id)
        credit_of(session, bill)
        unpay(bill, people=people, amount_idr=amount_idr)
        claim = accounts.claim_on_sponsor(bill.agreement_id, bill.office_id)
        account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
        open_idr = journal.balance(session, claim) + lines.get(claim, 0)
        undone = min(amount_idr, max(open_idr, 0))
        lines[claim] = lines.get(claim, 0) - undone
        lines[account] = lines.get(account, 0) - (amount_idr - undone)
    session.flush()
    return lines
