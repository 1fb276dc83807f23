"""A bill that is paid less than before, and what its sponsor has left or owes us."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.ledger import accounts, journal


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
