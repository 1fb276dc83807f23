"""What agents handed in too little or too much, and what is agreed about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, and_, cast, func, select
from sqlalchemy.orm import Session

from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent


@dataclass(frozen=True, kw_only=True)
class ShortageRow:
    """An agent whose shortage is not at zero, with the live deduction."""

    agent_id: int
    agent_name: str
    area: str
    agent_user_id: int | None
    account: str
    balance_idr: int  # handed in too little; negative: too much
    deduction_id: int | None
    deduction_idr: int | None
    deduction_note: str | None
    deduction_state: DeductionState | None
    asked_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class OwnDeduction:
    """A deduction as its agent sees it."""

    id: int
    amount_idr: int
    note: str
    state: DeductionState
    asked_at: datetime
    reason: str


def shortages(session: Session, user: User, asked: ListRequest) -> Page[ShortageRow]:
    """Agents of the user's offices whose shortage is not at zero."""
    kept = BALANCES.c
    found = (
        select(
            kept.account,
            cast(func.split_part(kept.account, ":", 3), BigInteger).label("agent_id"),
            kept.amount_idr.label("balance_idr"),
        )
        .where(kept.account.startswith(accounts.SHORT), kept.amount_idr != 0)
        .subquery()
    )
    amount = func.abs(found.c.balance_idr, type_=BigInteger)
    listing = Listing(
        id=Agent.id,
        sorts={"amount": Sort(amount, descending=True), "agent": Sort(Agent.name)},
        search=lambda words: Agent.name.icontains(words, autoescape=True),
        states={"short": found.c.balance_idr > 0, "more": found.c.balance_idr < 0},
        agent=is_agent,
        amount=amount,
    )
    live = Deduction.state.in_((DeductionState.ASKED, DeductionState.AGREED))
    query = (
        select(
            Agent.id.label("agent_id"),
            Agent.name.label("agent_name"),
            Agent.area,
            Agent.user_id.label("agent_user_id"),
            found.c.account,
            found.c.balance_idr,
            Deduction.id.label("deduction_id"),
            Deduction.amount_idr.label("deduction_idr"),
            Deduction.note.label("deduction_note"),
            Deduction.state.label("deduction_state"),
            Deduction.asked_at,
        )
        .join(found, found.c.agent_id == Agent.id)
        .outerjoin(Deduction, and_(Deduction.agent_id == Agent.id, live))
        .where(scope.of_office(user, Agent.office_id))
    )
    return listing.page(session, query, asked).map(lambda row: row_as(ShortageRow, row))


def deductions_of(session: Session, agent_id: int, *, limit: int = 6) -> Sequence[OwnDeduction]:
    """The newest deductions of an agent."""
    rows = session.execute(
        select(
            Deduction.id,
            Deduction.amount_idr,
            Deduction.note,
            Deduction.state,
            Deduction.asked_at,
            Deduction.reason,
        )
        .where(Deduction.agent_id == agent_id)
        .order_by(Deduction.id.desc())
        .limit(limit)
    )
    return [OwnDeduction(**row._mapping) for row in rows]
