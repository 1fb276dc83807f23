"""Cash that agents hold: how much, since when, and how near the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, Subquery, bindparam, func, or_, select
from sqlalchemy.orm import Session

from agentsys.extension.contract import Custody, PaymentState
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment, Receipt
from agentsys.people.models import Agent
from agentsys.workers.models import Worker

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


@dataclass(frozen=True, kw_only=True)
class OwnDeposit:
    """One deposit, as its agent sees it."""

    id: int
    declared_at: datetime
    amount_idr: int
    short_idr: int  # less handed over than its receipts; negative: more
    state: DepositState
    channel: str  # empty: handed over by hand
    evidence: str
    reason: str  # why it was returned, or was not paid


@dataclass(frozen=True, kw_only=True)
class UnpaidDeposit:
    """A deposit that its agent is to pay to a provider."""

    id: int
    amount_idr: int
    channel: str


@dataclass(frozen=True, kw_only=True)
class CashRow:
    """One cash payment that an agent has not handed over."""

    id: int
    number: str  # of the receipt
    worker_name: str
    amount_idr: int
    settled_at: datetime


def cash_exposure(session: Session, agents: Sequence[int]) -> Mapping[int, Exposure]:
    """What each of these agents holds, by agent id; one statement for all of them."""
    rows = session.execute(_exposures_written(), {"agents": agents})
    return {exposure.agent_id: exposure for exposure in map(Exposure.of, rows)}


@cache
def _exposures_written() -> Select[Any]:
    """The query for any agents; each page of an agent needs it, so it is built once."""
    return select(exposures(bindparam("agents", expanding=True)))


def exposures(agents: Sequence[int] | BindParameter[Any]) -> Subquery:
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


def cash_in_hand(session: Session, agent_id: int, asked: ListRequest) -> Page[CashRow]:
    """Cash payments that an agent has not handed over, the oldest first."""
    listing = Listing(
        id=Payment.id,
        sorts={
            "oldest": Sort(Payment.settled_at),
            "worker": Sort(Worker.name),
            "amount": Sort(Payment.amount_idr, descending=True),
        },
        search=lambda words: or_(
            matches(words, Worker.name), Receipt.number.icontains(words, autoescape=True)
        ),
        at=Payment.settled_at,
        amount=Payment.amount_idr,
    )
    query = (
        select(
            Payment.id,
            func.coalesce(Receipt.number, Payment.reference).label("number"),
            Worker.name.label("worker_name"),
            Payment.amount_idr,
            Payment.settled_at,
        )
        .join(Worker, Worker.id == Payment.worker_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(*in_hand(), Payment.agent_id == agent_id)
    )
    return listing.page(session, query, asked).map(lambda row: row_as(CashRow, row))


def to_hand_over(session: Session, agent_id: int) -> tuple[int, int]:
    """The number and the sum of the payments in `cash_in_hand`."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Payment.amount_idr), 0)).where(
            *in_hand(), Payment.agent_id == agent_id
        )
    ).one()
    return int(count), int(total)


def sum_of_oldest(session: Session, agent_id: int, receipts: int) -> int:
    """The sum of so many of the payments in `cash_in_hand`, the oldest ones."""
    oldest = (
        select(Payment.amount_idr)
        .where(*in_hand(), Payment.agent_id == agent_id)
        .order_by(Payment.settled_at, Payment.id)
        .limit(receipts)
        .subquery()
    )
    return int(session.scalar(select(func.sum(oldest.c.amount_idr))) or 0)


def newest_deposits(session: Session, agent_id: int, *, limit: int = 12) -> list[OwnDeposit]:
    """The deposits of an agent, newest first."""
    rows = session.execute(
        select(
            Deposit.id,
            Deposit.declared_at,
            Deposit.amount_idr,
            Deposit.short_idr,
            Deposit.state,
            Deposit.channel,
            Deposit.evidence,
            Deposit.reason,
        )
        .where(Deposit.agent_id == agent_id)
        .order_by(Deposit.id.desc())
        .limit(limit)
    )
    return [OwnDeposit(**row._mapping) for row in rows]


def is_deposit_of(session: Session, *, agent_id: int, deposit_id: int) -> bool:
    """Whether a deposit exists and is this agent's."""
    found = select(Deposit.id).where(Deposit.id == deposit_id, Deposit.agent_id == agent_id)
    return session.scalar(found) is not None


def is_declared(session: Session, key: str) -> bool:
    """Whether a deposit with this key was declared: the form is sent again."""
    return session.scalar(select(Deposit.id).where(Deposit.key == key)) is not None


def unpaid_deposit(session: Session, agent_id: int) -> UnpaidDeposit | None:
    """The deposit that the agent is to pay to a provider, if there is one."""
    row = session.execute(
        select(Deposit.id, Deposit.amount_idr, Deposit.channel).where(
            Deposit.agent_id == agent_id,
            Deposit.state == DepositState.DECLARED,
            Deposit.channel != "",
        )
    ).one_or_none()
    return UnpaidDeposit(**row._mapping) if row else None


def in_hand() -> tuple[ColumnElement[bool], ...]:
    """The conditions on payments whose cash an agent holds."""
    return (
        Payment.custody == Custody.AGENT,
        Payment.deposit_id.is_(None),
        Payment.state == PaymentState.SETTLED,
    )
