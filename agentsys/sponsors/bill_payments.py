"""Sponsors' transfers: recorded by one person, confirmed by another, and spread over a bill.

A transfer that is too small pays for whole workers, in the order of the bill's lines: who has been
on the agreement longest comes first. What is left over stays with the agreement and is used for its
next payment.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.events import record as events
from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.extension.events import PaymentSettled
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments import lifecycle, receipts
from agentsys.payments.models import Payment
from agentsys.payments.payment_moves import append_move
from agentsys.payments.references import new_reference
from agentsys.payments.requests import check_key
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.sponsors import bills

CHANNEL = "bank_transfer"
_MOST_IDR = 10**13

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
    """What a confirmed transfer paid."""

    people: int
    amount_idr: int  # of the bill's lines
    left_idr: int  # that the agreement has for its next payment


def record(
    session: Session,
    *,
    key: str,
    bill_id: int,
    amount_idr: int,
    bank_reference: str,
    received_on: date,
    actor_id: int,
) -> Payment:
    """Record a transfer that the bank shows for a bill; a second person confirms it.

    Idempotent by `key`. Conflict if a transfer with the bank's reference is recorded already.
    """
    check_key(key)
    reference = " ".join(bank_reference.replace("\0", "").split()).upper()
    digest = hashlib.sha256(f"{bill_id}|{amount_idr}|{reference}".encode()).digest()
    known = session.scalar(select(Payment).where(Payment.key == key))
    if known is not None:
        if known.request_hash != digest:
            raise Conflict("Permintaan ini sudah dipakai untuk transfer lain. Muat ulang halaman.")
        return known
    bill, actor = bills.take(session, bill_id, actor_id, Permission.SPONSOR_PAYMENT_RECORD)
    _check(bill, amount_idr, reference, received_on)
    journal.lock_account(session, f"bank_reference:{bill.office_id}:{reference}")
    _check_free(session, bill.office_id, reference)
    payment = Payment(
        reference=new_reference(),
        key=key,
        request_hash=digest,
        for_bill_id=bill.id,
        office_id=bill.office_id,
        channel=CHANNEL,
        custody=Custody.BANK,
        amount_idr=amount_idr,
        provider_ref=reference,
        inputs={"received_on": received_on.isoformat()},
        created_by=actor.id,
    )
    lifecycle.begin(session, payment, by=f"user:{actor.id}")
    _tell(session, bill, payment, "recorded", actor.id)
    return payment


def confirm(session: Session, *, payment_id: int, actor_id: int) -> Paid:
    """Confirm a recorded transfer as a second person: it pays the bill's lines at once."""
    payment, bill, actor_user = _take(session, payment_id, actor_id)
    if actor_user.id == payment.created_by:
        raise Forbidden("Transfer dikonfirmasi orang lain, bukan yang mencatatnya.")
    second_person.check(session, second=actor_user, first_ids=[payment.created_by])
    paid = _spread(session, bill, payment)
    _tell(session, bill, payment, "confirmed", actor_id, people=paid.people, left=paid.left_idr)
    return paid


def refuse(session: Session, *, payment_id: int, reason: str, actor_id: int) -> Payment:
    """Refuse a recorded transfer that the bank does not show, or take back one's own."""
    payment, bill, actor_user = _take(session, payment_id, actor_id)
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasannya.", about="reason")
    payment.reason = reason
    _move(session, payment, PaymentState.FAILED, actor_user.id, clock.now())
    _tell(session, bill, payment, "refused", actor_id)
    return payment


def credit_of(session: Session, bill: Bill) -> int:
    """Rupiah that an agreement paid too much before, and has left."""
    return -journal.balance(session, accounts.owed_to_sponsor(bill.agreement_id, bill.office_id))


def _spread(session: Session, bill: Bill, payment: Payment) -> Paid:
    at = clock.now()
    account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    journal.lock_account(session, account)
    credit = -journal.balance(session, account)
    usable = payment.amount_idr + credit
    values = {
        "bill_id": bill.id,
        "agreement_id": bill.agreement_id,
        "month": bill.month,
        "payment_id": payment.id,
        "amount_idr": usable,
    }
    _move(session, payment, PaymentState.SETTLED, None, at, by="bank")
    asked = session.execute(_LOCK_LINES, values).one()
    statement = _PAY_ALL if asked.amount_idr <= usable else _PAY_SOME
    row = session.execute(statement, values).one()
    people, taken = int(row.people), int(row.amount_idr)
    _book(session, bill, payment, taken, at)
    bill.paid_people += people
    bill.paid_idr += taken
    if people == int(asked.people):
        bill.state = BillState.PAID
    elif bill.paid_people:
        bill.state = BillState.PART_PAID
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
    session.flush()
    return Paid(people=people, amount_idr=taken, left_idr=usable - taken)


def _book(session: Session, bill: Bill, payment: Payment, taken: int, at: datetime) -> None:
    account = accounts.owed_to_sponsor(bill.agreement_id, bill.office_id)
    of_transfer = min(taken, payment.amount_idr)
    owed_bpjs = accounts.owed_bpjs(bill.office_id)
    journal.post(
        session,
        kind="payment.settled",
        source=payment.reference,
        at=at,
        lines={
            accounts.bank(bill.office_id): payment.amount_idr,
            owed_bpjs: -of_transfer,
            account: of_transfer - payment.amount_idr,
        },
    )
    if taken > of_transfer:
        journal.post(
            session,
            kind="sponsor.credit_used",
            source=payment.reference,
            at=at,
            lines={account: taken - of_transfer, owed_bpjs: of_transfer - taken},
        )


def _take(session: Session, payment_id: int, actor_id: int) -> tuple[Payment, Bill, User]:
    found = session.get(Payment, payment_id)
    if found is None or found.for_bill_id is None or found.custody is not Custody.BANK:
        raise NotFound()
    bill, actor = bills.take(
        session, found.for_bill_id, actor_id, Permission.SPONSOR_PAYMENT_CONFIRM
    )
    payment = session.get_one(Payment, payment_id, with_for_update=True, populate_existing=True)
    if payment.state is not PaymentState.CREATED:
        raise Conflict("Transfer ini sudah diputuskan. Muat ulang halamannya.")
    return payment, bill, actor


def _check(bill: Bill, amount_idr: int, reference: str, received_on: date) -> None:
    if bill.state is BillState.OPEN:
        raise Conflict("Tagihan ini belum dikirim. Kirim dulu, lalu catat transfernya.")
    if bill.state is BillState.PAID:
        raise Conflict("Tagihan ini sudah lunas. Catat transfernya pada tagihan berikutnya.")
    if not 4 <= len(reference) <= 40:
        raise Invalid(
            "Isi nomor referensi di rekening koran, 4 sampai 40 huruf.", about="reference"
        )
    if not 0 < amount_idr <= _MOST_IDR:
        raise Invalid("Isi jumlah yang masuk, lebih dari Rp0.", about="amount")
    if received_on > clock.now().astimezone(HEAD_OFFICE).date():
        raise Invalid("Tanggal masuknya belum tiba.", about="received_on")


def _check_free(session: Session, office_id: int, reference: str) -> None:
    taken = select(func.count()).where(
        Payment.office_id == office_id,
        Payment.custody == Custody.BANK,
        Payment.provider_ref == reference,
        Payment.state.in_((PaymentState.CREATED, PaymentState.SETTLED)),
    )
    if session.scalar(taken):
        raise Conflict(
            "Transfer dengan nomor referensi {reference} sudah dicatat.",
            reference=reference,
            about="reference",
        )


def _move(
    session: Session,
    payment: Payment,
    state: PaymentState,
    actor_id: int | None,
    at: datetime,
    *,
    by: str = "",
) -> None:
    report = PaymentReport(
        reference=payment.reference,
        state=state,
        amount_idr=payment.amount_idr,
        provider_ref=payment.provider_ref,
        reason=payment.reason,
    )
    append_move(session, payment, state, report=report, by=by or f"user:{actor_id}", at=at)


def _tell(
    session: Session, bill: Bill, payment: Payment, what: str, actor_id: int, **more: object
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"sponsor_payment.{what}",
        subject=f"bill:{bill.id}",
        details={
            "bill": bills.number_of(bill),
            "reference": payment.provider_ref,
            "amount_idr": payment.amount_idr,
            **more,
        },
    )
