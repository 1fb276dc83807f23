"""What a sponsor's money does to its bill: it pays for whole workers, in the order of the lines.

Who has been on the agreement longest comes first. What is left over stays with the agreement and is
used for its next payment. It makes no difference whether the money came by a transfer that a second
person confirmed, or to a virtual account whose provider reports it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.audit import trail
from agentsys.events import record as events
from agentsys.extension.contract import Custody, PaymentState
from agentsys.extension.events import PaymentSettled
from agentsys.ledger import accounts, journal
from agentsys.payments import bill_claims, books, provider_queue, receipts
from agentsys.payments.case_opening import open_about
from agentsys.payments.models import CaseKind, Payment
from agentsys.payments.provider_models import Action
from agentsys.payments.siblings import OPEN

_PAY_ALL = text("""
WITH paid AS (
    UPDATE contributions SET payment_id = :payment_id
    WHERE bill_id = :bill_id AND month = :month AND payment_id IS NULL
    RETURNING amount_idr
)
SELECT count(*) AS people, coalesce(sum(amount_idr), 0) AS amount_idr FROM paid
""")
# Locked first, so that the sum is of the rows that are then paid.
_LOCK_LINES = text("""
SELECT count(*) AS people, coalesce(sum(amount_idr), 0) AS amount_idr FROM (
    SELECT amount_idr FROM contributions
    WHERE bill_id = :bill_id AND month = :month AND payment_id IS NULL
    ORDER BY worker_id FOR NO KEY UPDATE
) AS open
""")
_PAY_SOME = text("""
WITH in_order AS (
    SELECT c.worker_id, sum(c.amount_idr) OVER (ORDER BY m.since, c.worker_id) AS up_to_idr
    FROM contributions c
    LEFT JOIN LATERAL (
        SELECT min(m.from_month) AS since FROM agreement_members m
        WHERE m.agreement_id = :agreement_id AND m.worker_id = c.worker_id
    ) AS m ON true
    WHERE c.bill_id = :bill_id AND c.month = :month AND c.payment_id IS NULL
), paid AS (
    UPDATE contributions c SET payment_id = :payment_id
    FROM in_order o
    WHERE o.worker_id = c.worker_id AND c.month = :month AND o.up_to_idr <= :amount_idr
    RETURNING c.amount_idr
)
SELECT count(*) AS people, coalesce(sum(amount_idr), 0) AS amount_idr FROM paid
""")


@dataclass(frozen=True, kw_only=True)
class Paid:
    """What a sponsor's payment paid."""

    people: int
    amount_idr: int  # of the bill's lines
    left_idr: int  # that the agreement has for its next payment


def pay(session: Session, payment: Payment, into: str, *, at: datetime) -> Paid:
    """Pay the bill's lines with money that is in the account `into`, and issue the receipt.

    The payment is settled already. Other open virtual accounts of the bill are cancelled.
    """
    bill = bill_claims.locked_bill(session, payment.for_bill_id)
    usable = payment.amount_idr + bill_claims.usable_credit(session, bill)
    people, taken = _pay_lines(session, bill, payment, usable)
    received = books.Received(payment, into)
    claimed = _book(session, bill, received, taken=taken, at=at)
    _finish(session, bill, payment, at=at)
    return Paid(people=people, amount_idr=taken, left_idr=usable - taken - claimed)


def pay_from_credit(session: Session, payment: Payment, bill: Bill) -> Paid:
    """Pay all of a locked bill's open lines with what its agreement has left; issue the receipt.

    The payment is settled already, and its amount is what `unpaid` told.
    """
    at = payment.settled_at or clock.now()
    people, taken = _pay_lines(session, bill, payment, payment.amount_idr)
    journal.post(
        session,
        kind="payment.settled",
        source=payment.reference,
        at=at,
        lines={
            accounts.owed_to_sponsor(bill.agreement_id, bill.office_id): taken,
            accounts.owed_bpjs(bill.office_id): -taken,
        },
    )
    _finish(session, bill, payment, at=at)
    return Paid(people=people, amount_idr=taken, left_idr=bill_claims.credit_of(session, bill))


def unpaid(session: Session, bill: Bill) -> tuple[int, int]:
    """How many open lines a locked bill has, and their rupiah; locked too."""
    row = session.execute(_LOCK_LINES, {"bill_id": bill.id, "month": bill.month}).one()
    return int(row.people), int(row.amount_idr)


def _pay_lines(session: Session, bill: Bill, payment: Payment, usable_idr: int) -> tuple[int, int]:
    """Pay as many lines as the rupiah are enough for: how many, and their sum."""
    people_asked, asked_idr = unpaid(session, bill)
    values = {
        "bill_id": bill.id,
        "agreement_id": bill.agreement_id,
        "month": bill.month,
        "payment_id": payment.id,
        "amount_idr": usable_idr,
    }
    row = session.execute(_PAY_ALL if asked_idr <= usable_idr else _PAY_SOME, values).one()
    people, taken = int(row.people), int(row.amount_idr)
    bill.paid_people += people
    bill.paid_idr += taken
    if people == people_asked:
        bill.state = BillState.PAID
    elif bill.paid_people:
        bill.state = BillState.PART_PAID
    return people, taken


def _finish(session: Session, bill: Bill, payment: Payment, *, at: datetime) -> None:
    """Issue the receipt, tell plugins, and cancel what the bill does not need any more."""
    receipts.issue(session, payments=[payment], at=at)
    events.record(
        session,
        PaymentSettled(
            office_id=payment.office_id,
            agent_id=None,
            worker_id=None,
            reference=payment.reference,
            channel=payment.channel,
            amount_idr=payment.amount_idr,
        ),
    )
    _withdraw_others(session, payment)
    if not bill_claims.held_elsewhere(session, agreement_id=bill.agreement_id, bill_id=bill.id):
        bill_claims.let_go(session, bill.agreement_id)
    session.flush()


def settle(session: Session, payment: Payment, into: str, *, at: datetime) -> bool:
    """Pay the bill with money that a provider reported; True if it was paid for twice.

    No second person is needed: the provider confirms the money.
    """
    paid = pay(session, payment, into, at=at)
    trail.record(
        session,
        actor_id=None,
        action="sponsor_payment.received",
        subject=f"bill:{payment.for_bill_id}",
        details={
            "reference": payment.reference,
            "amount_idr": payment.amount_idr,
            "people": paid.people,
            "left": paid.left_idr,
        },
    )
    too_much = payment.amount_idr - min(paid.amount_idr, payment.amount_idr)
    if not too_much or not _was_paid_meanwhile(session, payment):
        return False
    return open_about(session, CaseKind.PAID_TWICE, payment, at, too_much_idr=too_much)


def take_back(session: Session, *, payment: Payment, at: datetime) -> books.GivenBack:
    """Book that the provider took a sponsor's money back: its workers' months are unpaid again.

    What BPJS has, and what was used for another bill meanwhile, is a claim on the sponsor.
    """
    freed = books.free_months(session, payment)
    bill = bill_claims.locked_bill(session, payment.for_bill_id)
    credit = bill_claims.credit_of(session, bill)
    bill_claims.unpay(bill, people=freed.people, amount_idr=freed.amount_idr)
    beyond = payment.amount_idr - freed.amount_idr - freed.remitted_idr
    credit_used = max(-beyond, 0)  # of earlier payments, by this one
    from_credit = min(max(beyond, 0), credit)
    used = max(beyond, 0) - from_credit
    claim = max(freed.remitted_idr - credit_used, 0) + used
    restored = max(credit_used - freed.remitted_idr, 0)
    owed_bpjs = accounts.owed_bpjs(bill.office_id)
    account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    journal.post(
        session,
        kind="payment.refunded",
        source=payment.reference,
        at=at,
        lines={
            books.money_account(payment): -payment.amount_idr,
            owed_bpjs: payment.amount_idr - from_credit - claim,
            account: from_credit,
            accounts.claim_on_sponsor(bill.agreement_id, bill.office_id): claim,
        },
    )
    if restored:
        journal.post(
            session,
            kind="sponsor.credit_restored",
            source=payment.reference,
            at=at,
            lines={owed_bpjs: restored, account: -restored},
        )
    session.flush()
    return books.GivenBack(remitted_idr=freed.remitted_idr, repaid_idr=used)


def _book(
    session: Session, bill: Bill, received: books.Received, *, taken: int, at: datetime
) -> int:
    """Write the entries; the rupiah of the surplus that paid what the sponsor owed us."""
    payment = received.payment
    account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    claim = accounts.claim_on_sponsor(bill.agreement_id, bill.office_id)
    of_payment = min(taken, payment.amount_idr)
    surplus = payment.amount_idr - of_payment
    claimed = min(surplus, max(journal.balance(session, claim), 0)) if surplus else 0
    owed_bpjs = accounts.owed_bpjs(bill.office_id)
    journal.post(
        session,
        kind="payment.settled",
        source=payment.reference,
        at=at,
        lines={
            received.into: payment.amount_idr,
            owed_bpjs: -of_payment,
            claim: -claimed,
            account: claimed - surplus,
        },
    )
    if taken > of_payment:
        journal.post(
            session,
            kind="sponsor.credit_used",
            source=payment.reference,
            at=at,
            lines={account: taken - of_payment, owed_bpjs: of_payment - taken},
        )
    return claimed


def _withdraw_others(session: Session, payment: Payment) -> None:
    """Have the bill's other virtual accounts cancelled: their sums are not what it needs now."""
    others = session.scalars(
        select(Payment).where(
            Payment.for_bill_id == payment.for_bill_id,
            Payment.id != payment.id,
            Payment.custody == Custody.PROVIDER,
            Payment.state.in_(OPEN),
        )
    )
    for other in others.all():
        provider_queue.put(session, other, Action.CANCEL, by=f"paid:{payment.reference}")


def _was_paid_meanwhile(session: Session, payment: Payment) -> bool:
    """Whether other money paid the bill since the payment was asked for."""
    others = exists().where(
        Payment.for_bill_id == payment.for_bill_id,
        Payment.id != payment.id,
        Payment.state == PaymentState.SETTLED,
        Payment.settled_at >= payment.created_at,
    )
    return bool(session.scalar(select(others)))
