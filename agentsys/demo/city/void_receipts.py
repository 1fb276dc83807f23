"""Cash receipts that were typed wrongly: one waits for its second person, two are void."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.demo.city.staff import Staff
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import ReversalWhy
from agentsys.payments.reversals import ReversalAction, decide_reversal, propose


def play(session: Session, *, staff: Staff) -> None:
    """Propose and decide reversals with the real services."""
    in_hand = _receipts(session, staff, deposited=False)
    if in_hand:
        _void(session, staff, in_hand[0], ReversalWhy.WRONG_MONTHS, "Dibayar dua bulan, bukan satu")
    if len(in_hand) > 1:
        why, reason = ReversalWhy.WRONG_WORKER, "Uangnya dari tetangganya yang bernama sama"
        _propose(session, staff, in_hand[1], why, reason)
    for payment in _receipts(session, staff, deposited=True)[:1]:
        _void(session, staff, payment, ReversalWhy.OTHER, "Pekerja sudah membayar lewat bank")


def _propose(
    session: Session, staff: Staff, payment: Payment, why: ReversalWhy, reason: str
) -> int:
    by = staff.finance[staff.main_id]
    return propose(session, payment_id=payment.id, why=why, reason=reason, actor_id=by).id


def _void(session: Session, staff: Staff, payment: Payment, why: ReversalWhy, reason: str) -> None:
    decide_reversal(
        session,
        reversal_id=_propose(session, staff, payment, why, reason),
        action=ReversalAction.APPROVE,
        actor_id=staff.admin_id,
    )


def _receipts(session: Session, staff: Staff, *, deposited: bool) -> list[Payment]:
    """The newest cash payments of the main office that BPJS has nothing of, except Sari's."""
    counted = exists().where(
        Deposit.id == Payment.deposit_id,
        Deposit.state == DepositState.CONFIRMED,
        Deposit.channel == "",
    )
    sent = exists().where(
        Contribution.payment_id == Payment.id, Contribution.remittance_id.is_not(None)
    )
    unsent = exists().where(
        Contribution.payment_id == Payment.id, Contribution.remittance_id.is_(None)
    )
    found = session.scalars(
        select(Payment)
        .where(
            Payment.custody == Custody.AGENT,
            Payment.state == PaymentState.SETTLED,
            Payment.office_id == staff.main_id,
            Payment.agent_id != staff.sari.id,
            counted if deposited else Payment.deposit_id.is_(None),
            unsent,
            ~sent,
        )
        .order_by(Payment.id.desc())
        .limit(2)
    )
    return list(found)
