"""Which cash payments can be reversed now, and by whom; what is possible instead if not."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Refused
from agentsys.extension.contract import Custody, PaymentState
from agentsys.months import HEAD_OFFICE
from agentsys.payments import owed
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import CashReversal, ReversalState
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import User
from agentsys.people.permissions import Permission, Reach


class TooLate(Refused):
    """The agent's time to propose a reversal is over; finance can still propose it."""

    text = "Batas waktu agen untuk membatalkan kuitansi sudah lewat. Minta keuangan mengusulkannya."


def hours() -> int:
    """For how many hours an agent may propose to reverse a payment (a dated setting)."""
    return setting(Rule.REVERSAL_HOURS, clock.now().astimezone(HEAD_OFFICE).date()).value


def check_time(payment: Payment, actor: User) -> None:
    """TooLate if the actor is only the agent, and the agent's time is over."""
    if Reach.OFFICE in actor.reach(Permission.REVERSAL_PROPOSE):
        return
    since = payment.settled_at or payment.created_at
    if clock.now() > since + timedelta(hours=hours()):
        raise TooLate(
            "Agen dapat membatalkan kuitansi sampai {hours} jam sesudah menerima uangnya. Batas"
            " itu sudah lewat: minta keuangan mengusulkannya.",
            hours=hours(),
        )


def check(session: Session, payment: Payment) -> Deposit | None:
    """Refused if the payment cannot be reversed now; the confirmed deposit that has its cash."""
    if payment.custody is not Custody.AGENT or payment.worker_id is None:
        raise Refused("Hanya kuitansi uang tunai yang dibatalkan di sini.")
    if payment.state is PaymentState.REFUNDED:
        raise Conflict("Kuitansi ini sudah dibatalkan.")
    if payment.state is not PaymentState.SETTLED:
        raise Refused("Pembayaran ini belum diterima, jadi tidak ada kuitansi yang dibatalkan.")
    deposit = _check_deposit(session, payment)
    paid = _check_months(session, payment)
    surplus = payment.amount_idr - paid
    if surplus > owed.to_payer(session, payment):
        raise Refused(
            "Sebagian uang kuitansi ini sudah dikembalikan kepada pekerja, jadi kuitansinya tidak"
            " dapat dibatalkan utuh."
        )
    return deposit


def _check_deposit(session: Session, payment: Payment) -> Deposit | None:
    if payment.deposit_id is None:
        return None
    deposit = session.get_one(Deposit, payment.deposit_id)
    if deposit.state is DepositState.DECLARED:
        raise Refused(
            "Uang kuitansi ini ada di setoran {deposit_idr} yang belum dihitung. Tarik atau"
            " kembalikan dulu setoran itu, lalu batalkan kuitansinya.",
            deposit_idr=deposit.amount_idr,
        )
    return deposit


def _check_months(session: Session, payment: Payment) -> int:
    """Rupiah of the months that the payment pays; Refused if one is on its way to BPJS."""
    rows = session.execute(
        select(
            Contribution.amount_idr, Contribution.remittance_id, Contribution.confirmed_at
        ).where(Contribution.payment_id == payment.id)
    ).all()
    if any(confirmed_at is not None for _, _, confirmed_at in rows):
        raise Refused(
            "BPJS sudah menerima iuran bulan ini, jadi kuitansinya tidak dapat dibatalkan lagi:"
            " bulannya dihitung untuk pekerja ini. Minta kantor cabang BPJS memperbaikinya, dan"
            " ganti uang pembayar yang benar lewat keuangan."
        )
    sent = next((batch for _, batch, _ in rows if batch is not None), None)
    if sent is not None:
        raise Refused(
            "Bulan ini ada di setoran #{remittance_id} ke BPJS. Selama belum LUNAS, keuangan dapat"
            " membatalkan setoran itu; sesudah itu kuitansinya dapat dibatalkan.",
            remittance_id=sent,
        )
    return sum(amount_idr for amount_idr, _, _ in rows)


def check_none_waits(session: Session, payment: Payment) -> None:
    """Conflict if a reversal of the payment waits for its second person already."""
    waits = exists().where(
        CashReversal.payment_id == payment.id, CashReversal.state == ReversalState.PROPOSED
    )
    if session.scalar(select(waits)):
        raise Conflict("Pembatalan kuitansi ini sudah diusulkan, dan menunggu orang kedua.")
