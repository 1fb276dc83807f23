"""Cash that agents hold: how much, since when, and how near the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Subquery, func, select, tuple_
from sqlalchemy.orm import Session, joinedload

from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments.models import Deposit, DepositState, Payment
from agentsys.people import scope
from agentsys.people.models import Agent, User

LONGEST = 2  # days that an agent may hold cash before depositing it


@dataclass(frozen=True)
class Exposure:
    """Other people's money that one agent holds, and since when."""

    agent_id: int
    held_idr: int
    declared_idr: int  # the part of it that is declared in a deposit, but not confirmed yet
    oldest_at: datetime | None
    ceiling_idr: int

    @classmethod
    def of(cls, row: Any) -> Exposure:
        """That of one row of `exposures`."""
        declared = int(row.declared_idr)
        held = int(row.in_hand_idr) + declared
        return cls(row.agent_id, held, declared, row.oldest_at, row.ceiling_idr)

    @property
    def level(self) -> str:
        """How near the ceiling it is: `ok`, `near` (from four fifths on) or `over`."""
        if self.held_idr >= self.ceiling_idr:
            return "over"
        return "near" if self.held_idr * 5 >= self.ceiling_idr * 4 else "ok"


def cash_exposure(session: Session, agents: Sequence[int]) -> Mapping[int, Exposure]:
    """What each of these agents holds, by agent id; one statement for all of them."""
    found = (Exposure.of(row) for row in session.execute(select(exposures(agents))))
    return {exposure.agent_id: exposure for exposure in found}


def exposures(agents: Sequence[int]) -> Subquery:
    """What `Exposure.of` needs of each of these agents."""
    kept = (
        select(
            Payment.agent_id,
            func.sum(Payment.amount_idr).label("amount"),
            func.min(Payment.settled_at).label("since"),
        )
        .where(*in_hand(), Payment.agent_id.in_(agents))
        .group_by(Payment.agent_id)
        .subquery()
    )
    handed_over = (
        select(
            Deposit.agent_id,
            func.sum(Deposit.amount_idr).label("amount"),
            func.min(Deposit.declared_at).label("since"),
        )
        .where(Deposit.state == DepositState.DECLARED, Deposit.agent_id.in_(agents))
        .group_by(Deposit.agent_id)
        .subquery()
    )
    return (
        select(
            Agent.id.label("agent_id"),
            func.coalesce(kept.c.amount, 0).label("in_hand_idr"),
            func.coalesce(handed_over.c.amount, 0).label("declared_idr"),
            func.least(kept.c.since, handed_over.c.since).label("oldest_at"),
            Agent.cash_ceiling_idr.label("ceiling_idr"),
        )
        .outerjoin(kept, kept.c.agent_id == Agent.id)
        .outerjoin(handed_over, handed_over.c.agent_id == Agent.id)
        .where(Agent.id.in_(agents))
        .subquery()
    )


def undeposited(
    session: Session, agent_id: int, *, after: int | None = None, limit: int = 100
) -> Sequence[Payment]:
    """Cash payments of an agent that are in no deposit, oldest first, with worker and receipt.

    `after` is the last payment of the previous page.
    """
    query = (
        select(Payment)
        .options(joinedload(Payment.worker), joinedload(Payment.receipt))
        .where(*in_hand(), Payment.agent_id == agent_id)
        .order_by(Payment.settled_at, Payment.id)
        .limit(limit)
    )
    if after is not None:
        last = select(Payment.settled_at, Payment.id).where(Payment.id == after)
        query = query.where(tuple_(Payment.settled_at, Payment.id) > last.scalar_subquery())
    return session.scalars(query).all()


def to_hand_over(session: Session, agent_id: int) -> tuple[int, int]:
    """The number and the sum of the payments in `undeposited`."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_idr), 0)).where(
            *in_hand(), Payment.agent_id == agent_id
        )
    ).one()
    return int(count), int(total)


def newest_deposits(session: Session, agent_id: int, *, limit: int = 12) -> Sequence[Deposit]:
    """The deposits of an agent, newest first."""
    query = select(Deposit).where(Deposit.agent_id == agent_id)
    return session.scalars(query.order_by(Deposit.id.desc()).limit(limit)).all()


def count_declared(session: Session, user: User) -> int:
    """How many deposits in the user's scope wait to be counted by finance."""
    condition = scope.of_agent(user, Deposit.agent_id, Deposit.office_id)
    query = select(func.count()).select_from(Deposit)
    return int(session.scalar(query.where(condition, Deposit.state == DepositState.DECLARED)) or 0)


def in_hand() -> tuple[ColumnElement[bool], ...]:
    """The conditions on payments whose cash an agent holds."""
    return (
        Payment.custody == Custody.AGENT,
        Payment.deposit_id.is_(None),
        Payment.state == PaymentState.SETTLED,
    )
