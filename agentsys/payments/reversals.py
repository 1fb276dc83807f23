"""Reversals of cash payments: one person proposes, another approves, and the receipt is void.

The journal gets an entry that negates the lines of the payment, and the months are open again. The
cash then pays another worker or later months, by a new payment. If it does not, and the office has
it already, in a confirmed deposit, it becomes money that we owe the worker.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments import left_months, reversal_moves
from agentsys.payments import reversal_rules as rules
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.lifecycle import apply_report, locked
from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import (
    CashReversal,
    CounterReceiptNumber,
    ReversalState,
    ReversalWhy,
)
from agentsys.payments.transitions import Transition, decide
from agentsys.people import scope, second_person
from agentsys.people.models import Office, User
from agentsys.people.permissions import Permission


class ReversalAction(StrEnum):
    """What the second person does with a proposed reversal, or who proposed it."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


REVERSAL_TRANSITIONS = {
    (ReversalState.PROPOSED, ReversalAction.APPROVE): Transition(
        ReversalState.APPROVED, by=Permission.REVERSAL_APPROVE
    ),
    (ReversalState.PROPOSED, ReversalAction.REFUSE): Transition(
        ReversalState.REFUSED, by=Permission.REVERSAL_APPROVE
    ),
    (ReversalState.PROPOSED, ReversalAction.WITHDRAW): Transition(
        ReversalState.WITHDRAWN, by=Permission.REVERSAL_PROPOSE
    ),
}
LONGEST_REASON = 200


def why_not(session: Session, *, payment_id: int, actor: User) -> Refused | None:
    """Why the user cannot propose a reversal now; None if it is possible."""
    payment = _seen(session, payment_id, actor)
    try:
        rules.check_time(payment, actor)
        rules.check(session, payment)
        rules.check_none_waits(session, payment)
    except Refused as refused:
        return refused
    return None


def propose(
    session: Session,
    *,
    payment_id: int,
    why: ReversalWhy,
    reason: str,
    actor_id: int,
    to_worker_id: int | None = None,
) -> CashReversal:
    """Propose to reverse a cash payment; Refused with the way out if that is not possible.

    With a worker, the same cash pays that worker's oldest open months instead, or the next ones if
    it is the same worker: NoMonths if they do not cost exactly so much.
    """
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    if not actor.can(Permission.REVERSAL_PROPOSE):
        raise Forbidden(permission=Permission.REVERSAL_PROPOSE.value)
    payment = _locked(session, _seen(session, payment_id, actor))
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if not reason:
        raise Invalid("Isi alasan: apa yang salah, dan bagaimana yang benar.", about="reason")
    rules.check_time(payment, actor)
    rules.check(session, payment)
    rules.check_none_waits(session, payment)
    assert payment.agent_id is not None  # the database says so
    months = []
    if to_worker_id is not None:
        months = reversal_moves.choose(session, actor, payment, to_worker_id)
    reversal = CashReversal(
        payment_id=payment.id,
        office_id=payment.office_id,
        agent_id=payment.agent_id,
        why=why,
        reason=reason,
        proposed_by=actor.id,
        proposed_at=clock.now(),
        to_worker_id=to_worker_id,
        to_months=months,
    )
    session.add(reversal)
    session.flush()
    _record(session, reversal, payment, actor.id)
    return reversal


def decide_reversal(
    session: Session, *, reversal_id: int, action: ReversalAction, actor_id: int
) -> CashReversal:
    """Approve a reversal as a second person, which books it and voids the receipt, or refuse it.

    Who proposed it can withdraw it until then.
    """
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    found = session.get(CashReversal, reversal_id)
    if found is None or not _may_see(session, actor, found, action):
        raise NotFound()
    payment = _locked(session, session.get_one(Payment, found.payment_id))
    reversal = session.get_one(
        CashReversal, reversal_id, with_for_update=True, populate_existing=True
    )
    to = decide(REVERSAL_TRANSITIONS, reversal.state, action, actor)
    if to is ReversalState.APPROVED:
        _check_second(session, reversal, payment, actor)
        deposit = rules.check(session, payment)
        _reverse(session, reversal, payment, deposit, actor)
    with session.no_autoflush:
        reversal.state = to
        reversal.decided_by, reversal.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, reversal, payment, actor.id)
    return reversal


def _may_see(session: Session, actor: User, reversal: CashReversal, action: ReversalAction) -> bool:
    if action is ReversalAction.WITHDRAW:
        return reversal.proposed_by == actor.id
    place = (CashReversal.agent_id, CashReversal.office_id)
    seen = scope.of_agent(actor, *place, to=Permission.REVERSAL_APPROVE)
    return bool(session.scalar(select(exists().where(CashReversal.id == reversal.id, seen))))


def _seen(session: Session, payment_id: int, actor: User) -> Payment:
    """The payment, if it is the agent's own or of the office; NotFound if not."""
    place = (Payment.agent_id, Payment.office_id)
    seen = scope.of_agent(actor, *place, to=Permission.REVERSAL_PROPOSE)
    payment: Payment = scope.one(session, Payment, seen, payment_id)
    return payment


def _locked(session: Session, payment: Payment) -> Payment:
    """The payment, locked after its deposit: those who decide about deposits lock in this order."""
    deposit_id = payment.deposit_id
    if deposit_id is not None:
        session.get(
            Deposit,
            deposit_id,
            with_for_update={"of": Deposit, "key_share": True},
            populate_existing=True,
        )
    found = locked(session, payment.reference)
    if found is None or found.deposit_id != deposit_id:
        raise Conflict("Setoran pembayaran ini baru saja berubah. Muat ulang halaman.")
    return found


def _check_second(session: Session, reversal: CashReversal, payment: Payment, actor: User) -> None:
    first = {reversal.proposed_by, payment.created_by}
    if payment.agent is not None:
        first.add(payment.agent.user_id)
    if actor.id in first:
        raise Forbidden(
            "Pembatalan kuitansi diputuskan orang kedua: bukan yang mengusulkan, dan bukan yang"
            " menerima uangnya."
        )
    second_person.check(session, second=actor, first_ids=first)


def _reverse(
    session: Session,
    reversal: CashReversal,
    payment: Payment,
    deposit: Deposit | None,
    actor: User,
) -> None:
    at = clock.now()
    report = PaymentReport(
        reference=payment.reference,
        state=PaymentState.REFUNDED,
        amount_idr=payment.amount_idr,
    )
    apply_report(session, report=report, by=f"user:{actor.id}", at=at)
    if payment.state is not PaymentState.REFUNDED:
        raise Refused("Pembayaran ini sudah diputuskan lewat sebuah kasus. Selesaikan di sana.")
    left_months.close(session, payment, actor_id=actor.id)
    moved = None
    if reversal.to_worker_id is not None:
        moved = reversal_moves.move(session, reversal, payment, deposit, actor=actor, at=at)
    elif deposit is not None:
        _credit(session, reversal, payment, at)
    number = _next_number(session, reversal.office_id, at)
    with session.no_autoflush:
        reversal.credited = moved is None and deposit is not None
        reversal.new_payment_id = moved.id if moved else None
        reversal.year, reversal.serial, reversal.number = number


def _credit(session: Session, reversal: CashReversal, payment: Payment, at: datetime) -> None:
    """The office has the cash: the agent held none of it, and it is the worker's now."""
    assert payment.agent_id is not None  # the database says so
    journal.post(
        session,
        kind="reversal.credited",
        source=f"reversal:{reversal.id}",
        at=at,
        lines={
            accounts.cash_of(payment.agent_id): payment.amount_idr,
            accounts.owed_to_worker(payment.payer_id): -payment.amount_idr,
        },
    )


def _next_number(session: Session, office_id: int, at: datetime) -> tuple[int, int, str]:
    """The year, the place in it, and the number of the office's next counter-receipt.

    The last step of an approval: another one of this office waits for the row until this
    transaction ends, and takes the same number if it is rolled back.
    """
    year = at.astimezone(HEAD_OFFICE).year
    row = insert(CounterReceiptNumber).values(office_id=office_id, year=year, last=1)
    taken = row.on_conflict_do_update(
        index_elements=["office_id", "year"], set_={"last": CounterReceiptNumber.last + 1}
    ).returning(CounterReceiptNumber.last)
    serial = session.execute(taken).scalar_one()
    code = session.scalar(select(Office.code).where(Office.id == office_id))
    return year, serial, f"KB-{code}-{year}-{serial:05d}"


def _record(session: Session, reversal: CashReversal, payment: Payment, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"reversal.{reversal.state.value}",
        subject=f"reversal:{reversal.id}",
        details={
            "payment": payment.id,
            "amount_idr": payment.amount_idr,
            "why": reversal.why.value,
            "reason": reversal.reason,
            "number": reversal.number or "",
            **_moved(reversal),
        },
    )


def _moved(reversal: CashReversal) -> dict[str, object]:
    if reversal.to_worker_id is None:
        return {}
    moved: dict[str, object] = {
        "to_worker": reversal.to_worker_id,
        "to_months": [f"{month:%Y-%m}" for month in reversal.to_months],
    }
    return moved | ({"new_payment": reversal.new_payment_id} if reversal.new_payment_id else {})
