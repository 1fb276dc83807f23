"""One live attempt to pay each contribution, over all channels and cash.

The database holds it by a unique index over the months of live payments. A payment is live from
the moment it is stored until it is over, which a trigger sees, or until it is being withdrawn.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Conflict
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments.models import Payment, PaymentMonth
from agentsys.payments.provider_models import Action
from agentsys.payments.provider_queue import put
from agentsys.payments.siblings import open_for

ONE_LIVE = "uq_live_months"

# Debits that were not called yet, of months that these payments paid. One that a job is looking at
# is left to it: it sees the paid months. All that is left of a debit is announced anew.
_WITHDRAW = text("""
WITH touched AS (
    SELECT d.id,
        NOT EXISTS (
            SELECT FROM debit_months o
            JOIN contributions c ON c.worker_id = o.worker_id AND c.month = o.month
            WHERE o.debit_id = d.id AND c.payment_id IS NULL
        ) AS paid
    FROM debits d
    WHERE d.state IN ('planned', 'announced') AND d.worker_id IN (
        SELECT worker_id FROM payments WHERE id = ANY(:ids)
    ) AND EXISTS (
        SELECT FROM debit_months o
        JOIN payment_months p ON p.worker_id = o.worker_id AND p.month = o.month
        WHERE o.debit_id = d.id AND p.payment_id = ANY(:ids)
    )
    FOR UPDATE OF d SKIP LOCKED
), silent AS (
    UPDATE notices SET state = 'replaced'
    FROM touched
    WHERE touched.paid AND debit_id = touched.id AND kind = 'debit' AND notices.state <> 'replaced'
)
UPDATE debits SET
    state = CASE WHEN touched.paid THEN 'withdrawn' ELSE state END,
    why = CASE WHEN touched.paid THEN 'all_paid' ELSE why END,
    look_at = CASE WHEN touched.paid THEN NULL ELSE :now END
FROM touched WHERE debits.id = touched.id
""")


class DebitUnderWay(Conflict):
    """The provider is debiting the worker's account for one of these months now."""

    text = (
        "Debit otomatis untuk bulan ini sedang diproses. Tunggu hasilnya beberapa menit, lalu muat"
        " ulang: bayar sekarang berarti bayar dua kali."
    )


def make_way(session: Session, *, worker_id: int, months: Collection[date], by: str) -> None:
    """Have other open payments for the months cancelled; DebitUnderWay if one is a debit."""
    for earlier in open_for(session, worker_id=worker_id, months=months):
        refuse_debit(earlier)
        put(session, earlier, Action.CANCEL, by=by)
        end_attempt(session, earlier)
    # Cash that was asked for and never taken: nobody has to be asked to cancel it.
    asked = select(Payment.id).where(
        Payment.worker_id == worker_id,
        Payment.state == PaymentState.CREATED,
        Payment.custody == Custody.AGENT,
    )
    session.execute(
        update(PaymentMonth)
        .where(PaymentMonth.payment_id.in_(asked), PaymentMonth.live)
        .values(live=False)
    )


def refuse_under_way(session: Session, *, worker_id: int, since: date) -> None:
    """Conflict if a payment through a provider is under way for one of these months.

    The caller has locked the open months, so none begins now. Cash that was asked for and never
    taken does not count: its attempt ends.
    """
    rows = session.execute(
        select(PaymentMonth.month, Payment.custody, PaymentMonth.payment_id)
        .join(Payment, Payment.id == PaymentMonth.payment_id)
        .where(PaymentMonth.worker_id == worker_id, PaymentMonth.month >= since, PaymentMonth.live)
        .order_by(PaymentMonth.month)
    ).all()
    under_way = [row.month for row in rows if row.custody is Custody.PROVIDER]
    if under_way:
        raise Conflict(
            "Pembayaran iuran {months} sedang berjalan dengan harga lama. Tunggu sampai selesai"
            " atau kedaluwarsa, lalu setujui lagi.",
            months=under_way,
        )
    session.execute(
        update(PaymentMonth)
        .where(PaymentMonth.payment_id.in_([row.payment_id for row in rows]), PaymentMonth.live)
        .values(live=False)
    )


def end_attempt(session: Session, payment: Payment) -> None:
    """An open payment is being withdrawn, so another attempt for its months may begin."""
    session.execute(
        update(PaymentMonth)
        .where(PaymentMonth.payment_id == payment.id, PaymentMonth.live)
        .values(live=False)
    )


def withdraw_debits(session: Session, payment_ids: Collection[int]) -> None:
    """Withdraw debits that were not called yet of months that these payments paid."""
    session.execute(_WITHDRAW, {"ids": list(payment_ids), "now": clock.now()})


def refuse_debit(payment: Payment) -> None:
    """DebitUnderWay if an open payment is a debit: it may take the money at any moment."""
    if payment.mandate_id is not None:
        raise DebitUnderWay(reference=payment.reference)


def as_conflict(error: IntegrityError) -> Exception:
    """What to raise for an error of the database: a Conflict if a month had a live attempt."""
    if getattr(getattr(error.orig, "diag", None), "constraint_name", "") == ONE_LIVE:
        return Conflict(
            "Bulan ini baru saja ditagih dengan cara lain. Muat ulang untuk melihat tagihannya."
        )
    return error
