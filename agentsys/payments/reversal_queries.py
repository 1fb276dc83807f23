"""Reversals of cash payments: those that wait, one payment's, and how many each agent has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.extension.contract import Custody
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.models import Payment, Receipt
from agentsys.payments.reversal_models import CashReversal, ReversalState, ReversalWhy
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import is_agent
from agentsys.workers.models import Worker

WAITING = "waiting"
TABS: dict[str, ColumnElement[bool]] = {
    WAITING: CashReversal.state == ReversalState.PROPOSED,
    "approved": CashReversal.state == ReversalState.APPROVED,
    "refused": CashReversal.state.in_((ReversalState.REFUSED, ReversalState.WITHDRAWN)),
    "all": true(),
}
RATE_DAYS = 90  # over which the share of reversed receipts of each agent is counted


@dataclass(frozen=True, kw_only=True)
class ReversalRow:
    """One reversal of a cash payment."""

    id: int
    payment_id: int
    receipt_number: str
    worker_name: str
    agent_name: str
    agent_user_id: int | None  # who took the cash: somebody else must decide
    taken_by: int | None  # who recorded it
    amount_idr: int
    settled_at: datetime | None
    why: ReversalWhy
    reason: str
    state: ReversalState
    proposed_at: datetime
    proposed_by: int
    proposer: str
    decided_at: datetime | None
    decider: str | None
    number: str | None  # of the counter-receipt
    credited: bool
    to_name: str | None  # the worker for whom the cash is instead
    to_months: list[date]
    new_number: str | None  # of the receipt that takes the place of the void one

    def is_own_of(self, user: User) -> bool:
        """Whether the user proposed it, and so can withdraw it."""
        return user.id == self.proposed_by


@dataclass(frozen=True, kw_only=True)
class AgentRate:
    """How many of an agent's cash receipts were reversed."""

    agent_id: int
    name: str
    receipts: int
    reversed: int

    @property
    def percent(self) -> float:
        """The share of the receipts that were reversed."""
        return 100 * self.reversed / self.receipts if self.receipts else 0.0


@dataclass(frozen=True, kw_only=True)
class Payable:
    """A payment that somebody looks at to reverse it."""

    id: int
    reference: str
    receipt_number: str
    worker_id: int | None
    worker_name: str
    agent_name: str
    amount_idr: int
    channel: str
    settled_at: datetime | None


def reversals(session: Session, user: User, asked: ListRequest) -> Page[ReversalRow]:
    """Reversals that wait for a second person, oldest first; in other tabs the newest first."""
    tab = asked.tab if asked.tab in TABS else WAITING
    listing = Listing(
        id=CashReversal.id,
        sorts={
            "proposed": Sort(CashReversal.id, descending=tab != WAITING),
            "worker": Sort(Worker.name),
            "agent": Sort(Agent.name),
            "amount": Sort(Payment.amount_idr, descending=True),
        },
        search=lambda words: or_(
            Receipt.number.icontains(words, autoescape=True),
            CashReversal.number.icontains(words, autoescape=True),
            Worker.name.icontains(words, autoescape=True),
        ),
        tabs=TABS,
        agent=is_agent,
        at=CashReversal.proposed_at,
        amount=Payment.amount_idr,
    )
    page = listing.page(session, _reversals(user), replace(asked, tab=tab))
    return page.map(lambda row: row_as(ReversalRow, row))


def reversals_of(session: Session, user: User, payment_id: int) -> Sequence[ReversalRow]:
    """The reversals of a payment that the user may see, newest first."""
    found = _reversals(user, to=None).where(CashReversal.payment_id == payment_id)
    rows = session.execute(found.order_by(CashReversal.id.desc()))
    return [ReversalRow(**row._mapping) for row in rows]


def payable(session: Session, user: User, payment_id: int) -> Payable:
    """The payment that the user may propose to reverse; NotFound if it is not in reach."""
    place = (Payment.agent_id, Payment.office_id)
    row = session.execute(
        select(
            Payment.id,
            Payment.reference,
            func.coalesce(Receipt.number, "").label("receipt_number"),
            Payment.worker_id,
            func.coalesce(Worker.name, "").label("worker_name"),
            func.coalesce(Agent.name, "").label("agent_name"),
            Payment.amount_idr,
            Payment.channel,
            Payment.settled_at,
        )
        .outerjoin(Worker, Worker.id == Payment.worker_id)
        .outerjoin(Agent, Agent.id == Payment.agent_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(
            Payment.id == payment_id,
            scope.of_agent(user, *place, to=Permission.REVERSAL_PROPOSE),
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return Payable(**row._mapping)


def rates(session: Session, user: User) -> Sequence[AgentRate]:
    """Agents in reach with a reversed receipt in the last days, the highest share first."""
    since = clock.now() - timedelta(days=RATE_DAYS)
    gone = (
        select(CashReversal.agent_id, func.count().label("gone"))
        .where(CashReversal.state == ReversalState.APPROVED, CashReversal.decided_at >= since)
        .group_by(CashReversal.agent_id)
        .subquery()
    )
    taken = (
        select(func.count())
        .where(
            Payment.agent_id == Agent.id,
            Payment.custody == Custody.AGENT,
            Payment.created_at >= since,
            Payment.settled_at.is_not(None),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Agent.id.label("agent_id"),
            Agent.name,
            taken.label("receipts"),
            gone.c.gone.label("reversed"),
        )
        .join(gone, gone.c.agent_id == Agent.id)
        .where(scope.agents(user, to=Permission.REVERSAL_READ))
    )
    found = [AgentRate(**row._mapping) for row in rows]
    return sorted(found, key=lambda rate: (-rate.percent, rate.name))


def _reversals(user: User, to: Permission | None = Permission.REVERSAL_READ) -> Select[Any]:
    proposer, decider, right, new = aliased(User), aliased(User), aliased(Worker), aliased(Receipt)
    columns: tuple[Any, ...] = (
        CashReversal.id,
        CashReversal.payment_id,
        Receipt.number.label("receipt_number"),
        Worker.name.label("worker_name"),
        Agent.name.label("agent_name"),
        Agent.user_id.label("agent_user_id"),
        Payment.created_by.label("taken_by"),
        Payment.amount_idr,
        Payment.settled_at,
        CashReversal.why,
        CashReversal.reason,
        CashReversal.state,
        CashReversal.proposed_at,
        CashReversal.proposed_by,
        proposer.name.label("proposer"),
        CashReversal.decided_at,
        decider.name.label("decider"),
        CashReversal.number,
        CashReversal.credited,
        right.name.label("to_name"),
        CashReversal.to_months,
        new.number.label("new_number"),
    )
    return (
        select(*columns)
        .join(Payment, Payment.id == CashReversal.payment_id)
        .join(Receipt, Receipt.payment_id == Payment.id)
        .join(Worker, Worker.id == Payment.worker_id)
        .join(Agent, Agent.id == CashReversal.agent_id)
        .join(proposer, proposer.id == CashReversal.proposed_by)
        .outerjoin(decider, decider.id == CashReversal.decided_by)
        .outerjoin(right, right.id == CashReversal.to_worker_id)
        .outerjoin(new, new.payment_id == CashReversal.new_payment_id)
        .where(scope.of_agent(user, CashReversal.agent_id, CashReversal.office_id, to=to))
    )
