"""Paying a bill with what its agreement has left of earlier payments, without a new transfer."""

from __future__ import annotations

import hashlib
import secrets

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Bill
from agentsys.audit import trail
from agentsys.errors import Conflict, Refused
from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.payments import bill_claims, bill_effects, lifecycle
from agentsys.payments.bill_effects import Paid
from agentsys.payments.models import Payment
from agentsys.payments.payment_moves import append_move
from agentsys.payments.references import new_reference
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.sponsors import bills

CHANNEL = "sponsor_credit"


def pay_whole(session: Session, *, bill_id: int, actor_id: int) -> Paid:
    """Pay all that is open on a sent bill with the agreement's credit.

    No second person is needed: two persons or the provider confirmed that money when it came.
    Refused if the credit, less what an open virtual account of another bill counts on, is not
    enough for all lines.
    """
    bill, actor = bills.take(session, bill_id, actor_id, Permission.SPONSOR_PAYMENT_RECORD)
    if bill.state is BillState.OPEN:
        raise Conflict("Tagihan ini belum dikirim. Kirim dulu, lalu lunasi dengan sisanya.")
    if bill.state is BillState.PAID:
        raise Conflict("Tagihan ini sudah lunas.")
    people, amount_idr = bill_effects.unpaid(session, bill)
    credit_idr = bill_claims.usable_credit(session, bill)
    if not people:
        raise Refused("Tidak ada iuran yang belum dibayar pada tagihan ini.")
    if amount_idr > credit_idr:
        raise Refused(
            "Sisa {credit_idr} tidak cukup untuk tagihan ini, yang membutuhkan {amount_idr}."
            " Minta transfer untuk kekurangannya; sisanya ikut dipakai.",
            credit_idr=credit_idr,
            amount_idr=amount_idr,
        )
    payment = _settled(session, bill, amount_idr, actor)
    paid = bill_effects.pay_from_credit(session, payment, bill)
    trail.record(
        session,
        actor_id=actor.id,
        action="sponsor_payment.credit_used",
        subject=f"bill:{bill.id}",
        details={
            "bill": bills.number_of(bill),
            "reference": payment.reference,
            "amount_idr": amount_idr,
            "people": paid.people,
            "left": paid.left_idr,
        },
    )
    return paid


def _settled(session: Session, bill: Bill, amount_idr: int, actor: User) -> Payment:
    key, by = secrets.token_hex(16), f"user:{actor.id}"
    payment = Payment(
        reference=new_reference(),
        key=key,
        request_hash=hashlib.sha256(key.encode()).digest(),
        for_bill_id=bill.id,
        office_id=bill.office_id,
        channel=CHANNEL,
        custody=Custody.CREDIT,
        amount_idr=amount_idr,
        created_by=actor.id,
    )
    lifecycle.begin(session, payment, by=by)
    report = PaymentReport(
        reference=payment.reference, state=PaymentState.SETTLED, amount_idr=amount_idr
    )
    append_move(session, payment, PaymentState.SETTLED, report=report, by=by, at=clock.now())
    return payment
