"""Deposits, and cash that agents still hold, in the offices that a user may see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys.errors import NotFound
from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.custody import LONGEST
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent

WAITING = "waiting"
UNPAID = "unpaid"
_BY_HAND = Deposit.channel == ""
TABS = {
    WAITING: (Deposit.state == DepositState.DECLARED) & _BY_HAND,
    UNPAID: (Deposit.state == DepositState.DECLARED) & ~_BY_HAND,
    "confirmed": Deposit.state == DepositState.CONFIRMED,
    "returned": Deposit.state == DepositState.RETURNED,
    "withdrawn": Deposit.state == DepositState.WITHDRAWN,
}


@dataclass(frozen=True, kw_only=True)
class DepositRow:
    """One deposit of an agent's cash."""

    id: int
    agent_name: str
    area: str
    amount_idr: int  # of its receipts
    short_idr: int  # less handed over than that; negative: more
    short_reason: str
    counts: dict[str, int]  # of each note and coin, by the agent; empty: only the sum
    recounts: dict[str, int]  # and by who confirmed it
    police_report: str  # its number, if the cash was lost or robbed
    channel: str  # empty: handed over by hand
    evidence: str
    state: DepositState
    declared_at: datetime
    declared_by: int
    agent_user_id: int | None
    reason: str
    receipts: int
    payment_id: int | None  # to a provider
    oldest_at: datetime | None  # since when the agent held the oldest of it

    @property
    def days_held(self) -> int:
        """For how many days the agent held the oldest of this cash before declaring it."""
        return (self.declared_at - self.oldest_at).days if self.oldest_at else 0

    @property
    def is_old(self) -> bool:
        """Whether the agent held some of it for longer than agents may."""
        return self.days_held > LONGEST

    def is_own_of(self, user: User) -> bool:
        """Whether the user declared it or is its agent, so that somebody else must decide."""
        return user.id in (self.declared_by, self.agent_user_id)


@dataclass(frozen=True, kw_only=True)
class WaitingDeposits:
    """Totals of the deposits that wait for a second person; providers confirm the others."""

    count: int
    amount_idr: int
    oldest_at: datetime | None


def deposits(session: Session, user: User, asked: ListRequest) -> Page[DepositRow]:
    """Deposits that wait for a person, oldest first; in other tabs the others, newest first."""
    tab = asked.tab if asked.tab in TABS else WAITING
    listing = Listing(
        id=Deposit.id,
        sorts={
            "declared": Sort(Deposit.id, descending=tab != WAITING),
            "agent": Sort(Agent.name),
            "amount": Sort(Deposit.amount_idr, descending=True),
        },
        search=lambda words: or_(
            Deposit.evidence.icontains(words, autoescape=True),
            Agent.name.icontains(words, autoescape=True),
        ),
        tabs=TABS,
        agent=is_agent,
        at=Deposit.declared_at,
        amount=Deposit.amount_idr,
    )
    page = listing.page(session, _deposits(user), replace(asked, tab=tab))
    return page.map(lambda row: row_as(DepositRow, row))


def deposit(session: Session, user: User, deposit_id: int) -> DepositRow:
    """One deposit; NotFound if it does not exist or the user may not see it."""
    row = session.execute(_deposits(user).where(Deposit.id == deposit_id)).one_or_none()
    if row is None:
        raise NotFound()
    return DepositRow(**row._mapping)


def waiting_deposits(session: Session, user: User) -> WaitingDeposits:
    """How many deposits wait for a second person, their sum, and since when."""
    count, amount, oldest = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Deposit.amount_idr), 0),
            func.min(Deposit.declared_at),
        ).where(scope.of_office(user, Deposit.office_id), TABS[WAITING])
    ).one()
    return WaitingDeposits(count=count, amount_idr=int(amount), oldest_at=oldest)


def undeposited_cash(session: Session, user: User) -> int:
    """Rupiah of cash that agents hold and that is in no declared deposit."""
    # In the journal, an agent holds the cash until finance has confirmed its deposit.
    account: Any = func.concat(accounts.CASH, Agent.id)
    balances = select(func.coalesce(func.sum(BALANCES.c.amount_idr), 0))
    if user.sees_all_offices:
        query = balances.where(BALANCES.c.account.startswith(accounts.CASH))
    else:
        query = balances.join(Agent, account == BALANCES.c.account).where(scope.agents(user))
    held = session.scalar(query)
    declared = session.scalar(
        select(func.coalesce(func.sum(Deposit.amount_idr), 0)).where(
            Deposit.state == DepositState.DECLARED,
            scope.of_agent(user, Deposit.agent_id, Deposit.office_id),
        )
    )
    return int(held or 0) - int(declared or 0)


def _deposits(user: User) -> Select[Any]:
    cash = aliased(Payment)
    of_this = cash.deposit_id == Deposit.id
    receipts = select(func.count()).select_from(cash).where(of_this).scalar_subquery()
    oldest = select(func.min(cash.settled_at)).where(of_this).scalar_subquery()
    columns: tuple[Any, ...] = (
        Deposit.id,
        Agent.name.label("agent_name"),
        Agent.area,
        Deposit.amount_idr,
        Deposit.short_idr,
        Deposit.short_reason,
        Deposit.counts,
        Deposit.recounts,
        Deposit.police_report,
        Deposit.channel,
        Deposit.evidence,
        Deposit.state,
        Payment.id.label("payment_id"),
        Deposit.declared_at,
        Deposit.declared_by,
        Agent.user_id.label("agent_user_id"),
        Deposit.reason,
        receipts.label("receipts"),
        oldest.label("oldest_at"),
    )
    return (
        select(*columns)
        .outerjoin(Agent, Agent.id == Deposit.agent_id)
        .outerjoin(Payment, Payment.for_deposit_id == Deposit.id)
        .where(scope.of_office(user, Deposit.office_id))
    )
