"""Virtual accounts of sponsors' bills: finance has one opened, and the provider reports the money.

Each bill has one open at a time. Its sum is what the bill needs at that moment.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import Custody, MandateChannel, PayerKind, PaymentChannel
from agentsys.payments import bill_claims, circuit, open_payments, provider_queue
from agentsys.payments.lifecycle import begin
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action
from agentsys.payments.requests import check_key, through
from agentsys.payments.siblings import OPEN
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.sponsors import bills


def takes_bills(channel: PaymentChannel) -> bool:
    """Whether sponsors may pay their bills through a channel."""
    return (
        PayerKind.SPONSOR in channel.payers
        and channel.custody is Custody.PROVIDER
        and not isinstance(channel, MandateChannel)
        and not channel.form  # nobody is there to type what it asks
    )


def needed_idr(session: Session, *, bill_id: int, credit_idr: int) -> int:
    """Rupiah that pay for all that is open on a bill, beside what its agreement has left."""
    return max(bills.lines_of(session, bill_id, unpaid=True).amount_idr - credit_idr, 0)


def ask(
    session: Session,
    *,
    key: str,
    channel: PaymentChannel,
    bill_id: int,
    actor_id: int,
    shown_idr: int,
) -> Payment:
    """Have a job open a virtual account for what a bill needs; the open one if it is the same.

    Idempotent by key. `shown_idr` is the sum that the user saw; Conflict if it is another now, or
    if another virtual account is open.
    """
    check_key(key)
    if not takes_bills(channel):
        raise Invalid("Tagihan sponsor tidak dapat dibayar dengan cara ini. Pilih bank lain.")
    bill, actor = bills.take(session, bill_id, actor_id, Permission.SPONSOR_PAYMENT_RECORD)
    digest = hashlib.sha256(f"va|{bill.id}|{channel.name}".encode()).digest()
    known = session.scalar(select(Payment).where(Payment.key == key))
    if known is not None:
        if known.request_hash != digest:
            raise Conflict("Permintaan ini sudah dipakai untuk tagihan lain. Muat ulang halaman.")
        return known
    circuit.check_started(session, channel.name)
    _check_state(bill)
    credit = bill_claims.usable_credit(session, bill)
    needed = needed_idr(session, bill_id=bill.id, credit_idr=credit)
    earlier = _open_one(session, bill)
    if earlier is not None:
        if (earlier.channel, earlier.amount_idr) != (channel.name, needed):
            raise Conflict("Virtual account lain masih terbuka. Batalkan dulu, lalu pilih lagi.")
        return earlier
    _check_sum(channel, needed, shown_idr)
    payment = through(channel, needed)
    payment.key, payment.request_hash = key, digest
    payment.for_bill_id, payment.office_id = bill.id, bill.office_id
    payment.created_by = actor.id
    by = f"user:{actor.id}"
    begin(session, payment, by=by)
    bill_claims.hold_credit(session, payment, bill, credit)
    provider_queue.put(session, payment, Action.START, by=by)
    _tell(session, bill, payment, "asked", actor.id)
    return payment


def cancel(session: Session, *, bill_id: int, actor: User) -> None:
    """Cancel the bill's newest virtual account; a job asks the provider, if it knows of it.

    Nothing happens if it is over. Money that was paid meanwhile is booked.
    """
    payment = _newest(session, bill_id, actor)
    if payment.state not in OPEN:
        return
    open_payments.withdraw(session, payment.reference, by=f"user:{actor.id}")
    bill = session.get_one(Bill, bill_id)
    _tell(session, bill, payment, "cancelled", actor.id)


def ask_provider(session: Session, *, bill_id: int, actor: User) -> None:
    """Have a job ask how the newest virtual account stands, or for its number if none came."""
    reference = _newest(session, bill_id, actor).reference
    open_payments.ask_provider(session, reference, by=f"user:{actor.id}")


def _newest(session: Session, bill_id: int, actor: User) -> Payment:
    # The bill is not locked: reports lock a payment before its bill.
    payment = session.scalar(
        select(Payment)
        .where(Payment.for_bill_id == bill_id, Payment.custody == Custody.PROVIDER)
        .order_by(Payment.id.desc())
        .limit(1)
    )
    if payment is None or actor.office_id not in (payment.office_id, None):
        raise NotFound()
    if not actor.can(Permission.SPONSOR_PAYMENT_RECORD):
        raise Forbidden()
    return payment


def _open_one(session: Session, bill: Bill) -> Payment | None:
    return session.scalar(
        select(Payment).where(
            Payment.for_bill_id == bill.id,
            Payment.custody == Custody.PROVIDER,
            Payment.state.in_(OPEN),
        )
    )


def _check_state(bill: Bill) -> None:
    if bill.state is BillState.OPEN:
        raise Conflict("Tagihan ini belum dikirim. Kirim dulu, lalu siapkan virtual account-nya.")
    if bill.state is BillState.PAID:
        raise Conflict("Tagihan ini sudah lunas.")


def _check_sum(channel: PaymentChannel, needed_idr: int, shown_idr: int) -> None:
    if not needed_idr:
        raise Refused(
            "Sisa transfer sebelumnya cukup untuk tagihan ini. Lunasi tagihannya dengan sisa itu."
        )
    if needed_idr != shown_idr:
        raise Conflict(
            "Tagihan ini sekarang membutuhkan {needed_idr}, bukan {shown_idr}. Periksa, lalu pilih"
            " lagi.",
            needed_idr=needed_idr,
            shown_idr=shown_idr,
        )
    limits = channel.limits
    if not limits.min_idr <= needed_idr <= limits.max_idr:
        raise Refused(
            "Bank ini menerima {min_idr} sampai {max_idr}; tagihan ini {needed_idr}. Pilih bank"
            " lain, atau minta transfer.",
            min_idr=limits.min_idr,
            max_idr=limits.max_idr,
            needed_idr=needed_idr,
        )


def _tell(session: Session, bill: Bill, payment: Payment, what: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"sponsor_payment.{what}",
        subject=f"bill:{bill.id}",
        details={
            "bill": bills.number_of(bill),
            "reference": payment.reference,
            "channel": payment.channel,
            "amount_idr": payment.amount_idr,
        },
    )
