"""Sponsors' transfers: recorded by one person, confirmed by another, who has them pay the bill."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.audit import trail
from agentsys.bank_refs import ref_key
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments import bill_effects, books, lifecycle
from agentsys.payments.bill_effects import Paid
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
    journal.lock_account(session, f"bank_reference:{bill.office_id}:{ref_key(reference)}")
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
    at = clock.now()
    _move(session, payment, PaymentState.SETTLED, None, at, by="bank")
    paid = bill_effects.pay(session, payment, books.money_account(payment), at=at)
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
    if len(ref_key(reference)) < 4 or len(reference) > 40:
        raise Invalid(
            "Isi nomor referensi di rekening koran, 4 sampai 40 huruf.", about="reference"
        )
    if not 0 < amount_idr <= _MOST_IDR:
        raise Invalid("Isi jumlah yang masuk, lebih dari Rp0.", about="amount")
    if received_on > clock.now().astimezone(HEAD_OFFICE).date():
        raise Invalid("Tanggal masuknya belum tiba.", about="received_on")


def _check_free(session: Session, office_id: int, reference: str) -> None:
    taken = select(Payment).where(
        Payment.office_id == office_id,
        Payment.custody == Custody.BANK,
        func.ref_key(Payment.provider_ref) == ref_key(reference),
        Payment.state.in_((PaymentState.CREATED, PaymentState.SETTLED)),
    )
    if (used := session.scalar(taken)) is not None:
        raise Conflict(
            "Transfer dengan nomor referensi {reference} sudah dicatat untuk tagihan {bill}.",
            reference=used.provider_ref,
            bill=bills.number_of(session.get_one(Bill, used.for_bill_id)),
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
