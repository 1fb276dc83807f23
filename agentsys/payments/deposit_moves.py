"""What every change of a deposit's state does: its payments, the audit trail and the event."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.errors import NotFound
from agentsys.events import record as events
from agentsys.extension.contract import PaymentState
from agentsys.extension.events import (
    DepositConfirmed,
    DepositDeclared,
    DepositReturned,
    DepositWithdrawn,
    Happened,
)
from agentsys.payments.custody import in_hand
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment
from agentsys.people.models import Agent


def locked_agent(session: Session, agent_id: int) -> Agent:
    """The agent, locked: collecting and depositing wait for each other here."""
    agent = session.get(
        Agent, agent_id, with_for_update={"of": Agent, "key_share": True}, populate_existing=True
    )
    if agent is None:
        raise NotFound()
    return agent


def cash_of(session: Session, agent_id: int) -> list[tuple[int, int]]:
    """The ids and sums of the payments whose cash a locked agent holds, oldest first, locked."""
    rows = session.execute(
        select(Payment.id, Payment.amount_idr)
        .where(*in_hand(), Payment.agent_id == agent_id)
        .order_by(Payment.settled_at, Payment.id)
        .with_for_update(of=Payment, key_share=True)
    )
    return [(payment_id, amount_idr) for payment_id, amount_idr in rows]


def declare(
    session: Session, deposit: Deposit, held: list[tuple[int, int]], *, actor_id: int
) -> None:
    """Store a deposit of these payments."""
    session.add(deposit)
    session.flush()
    fill(session, deposit, [payment_id for payment_id, _ in held])
    tell(session, deposit, actor_id=actor_id)


def fill(session: Session, deposit: Deposit, payment_ids: list[int]) -> None:
    """Put the cash of these payments into a deposit."""
    session.execute(
        update(Payment).where(Payment.id.in_(payment_ids)).values(deposit_id=deposit.id)
    )


def empty(session: Session, deposit: Deposit) -> None:
    """Give the cash of a deposit back to the agent's hands."""
    session.execute(update(Payment).where(Payment.deposit_id == deposit.id).values(deposit_id=None))


def voided_in(session: Session, deposit: Deposit) -> int:
    """Rupiah of the deposit's receipts that were voided after the office had the cash."""
    total = session.scalar(
        select(func.sum(Payment.amount_idr)).where(
            Payment.deposit_id == deposit.id, Payment.state == PaymentState.REFUNDED
        )
    )
    return int(total or 0)


def decide(
    session: Session,
    deposit: Deposit,
    to: DepositState,
    *,
    actor_id: int | None,
    at: datetime,
    reason: str = "",
) -> None:
    """Change a deposit's state; without an actor, because its provider reported something."""
    deposit.state = to
    deposit.decided_by = actor_id
    deposit.decided_at = at
    deposit.reason = reason[:200]
    session.flush()
    tell(session, deposit, actor_id=actor_id)


def tell(session: Session, deposit: Deposit, *, actor_id: int | None) -> None:
    """Write the deposit's state to the audit trail, and its event."""
    trail.record(
        session,
        actor_id=actor_id,
        action=f"deposit.{deposit.state.value}",
        subject=f"deposit:{deposit.id}",
        details={
            "agent_id": deposit.agent_id,
            "amount_idr": deposit.amount_idr,
            "evidence": deposit.evidence,
            "reason": deposit.reason or "",
        },
    )
    events.record(session, _happened(deposit), actor_id=actor_id)


def _happened(deposit: Deposit) -> Happened:
    of_whom = {"office_id": deposit.office_id, "agent_id": deposit.agent_id}
    what = {"deposit_id": deposit.id, "amount_idr": deposit.amount_idr}
    match deposit.state:
        case DepositState.DECLARED:
            return DepositDeclared(**of_whom, **what)
        case DepositState.CONFIRMED:
            return DepositConfirmed(**of_whom, **what)
        case DepositState.RETURNED:
            return DepositReturned(**of_whom, **what, reason=deposit.reason)
        case DepositState.WITHDRAWN:
            return DepositWithdrawn(**of_whom, **what)
