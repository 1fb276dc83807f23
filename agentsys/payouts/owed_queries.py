"""To whom commission is owed, as typed values."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.payouts import due
from agentsys.payouts.due import Due
from agentsys.payouts.queries import seen_by
from agentsys.people.models import Agent, User


@dataclass(frozen=True, kw_only=True)
class OwedRow:
    """An agent to whom commission is owed, and what stands in the way."""

    id: int
    name: str
    code: str
    owed_idr: int
    due: Due


def owed(session: Session, user: User, asked: ListRequest) -> Page[OwedRow]:
    """The agents to whom commission is owed, by name, with what each would be paid now."""
    held = BALANCES.c
    owed_idr = (
        select(func.coalesce(-func.sum(held.amount_idr), 0))
        .where(
            held.account.in_(
                [
                    func.concat(accounts.OWED_AGENT, Agent.id),
                    func.concat(accounts.PAYABLE_AGENT, Agent.id),
                ]
            )
        )
        .correlate(Agent)
        .scalar_subquery()
    )
    listing = Listing(
        id=Agent.id,
        sorts={"name": Sort(Agent.name), "owed": Sort(owed_idr, descending=True)},
        search=lambda words: matches(words, Agent.name, Agent.code),
        amount=owed_idr,
    )
    query = select(Agent.id, Agent.name, Agent.code, owed_idr.label("owed_idr")).where(
        seen_by(user, Agent.office_id), owed_idr > 0
    )
    page = listing.page(session, query, asked)
    agents = {
        agent.id: agent
        for agent in session.scalars(select(Agent).where(Agent.id.in_([r.id for r in page.rows])))
    }
    return page.map(
        lambda row: OwedRow(
            id=row.id,
            name=row.name,
            code=row.code,
            owed_idr=int(row.owed_idr),
            due=due.due_of(session, agents[row.id]),
        )
    )


def owed_sum(session: Session, user: User) -> int:
    """What is owed now to the agents in the user's reach, in rupiah."""
    held = BALANCES.c
    found: int = (
        session.scalar(
            select(func.coalesce(-func.sum(held.amount_idr), 0))
            .join_from(
                Agent,
                BALANCES,
                held.account.in_(
                    [
                        func.concat(accounts.OWED_AGENT, Agent.id),
                        func.concat(accounts.PAYABLE_AGENT, Agent.id),
                    ]
                ),
            )
            .where(seen_by(user, Agent.office_id))
        )
        or 0
    )
    return int(found)
