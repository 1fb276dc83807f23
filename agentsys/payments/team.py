"""Agents with their workers, this month's collections and the cash that they hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Subquery, cast, func, select
from sqlalchemy.orm import Session, joinedload

from agentsys import clock
from agentsys.contributions import collected
from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.listing.pages import Listing, Page, Sort, states_of
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.payments import custody
from agentsys.people import scope
from agentsys.people.models import Agent, AgentStatus, User
from agentsys.people.permissions import Permission
from agentsys.workers import registry


@dataclass(frozen=True, kw_only=True)
class TeamRow:
    """One agent of a team."""

    id: int
    name: str
    area: str
    code: str
    office_name: str
    status: AgentStatus
    ended_on: date | None
    workers: int
    collected_idr: int
    billed_idr: int
    held_idr: int
    ceiling_idr: int
    level: str  # of the cash: ok, near or over
    oldest_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TeamTotals:
    """A team as a whole."""

    agents: int
    held_idr: int
    over: int  # agents at or above their ceiling


def team(
    session: Session, user: User, asked: ListRequest, *, agents: int | None = None
) -> Page[TeamRow]:
    """The agents in the user's scope; the largest share of the ceiling first.

    Pass how many there are, if you know it, so that an unfiltered list is not counted.
    """
    held = _held(user)
    amount = cast(func.coalesce(held.c.held_idr, 0), BigInteger)
    ceiling = func.greatest(Agent.cash_ceiling_idr, 1, type_=BigInteger)
    listing = Listing(
        id=Agent.id,
        sorts={
            "share": Sort(cast(amount * 1_000 / ceiling, BigInteger), True),
            "held": Sort(amount, descending=True),
            "name": Sort(Agent.name),
            "code": Sort(Agent.code),
        },
        search=lambda words: matches(words, Agent.name, Agent.code, Agent.area),
        tabs={"over": amount >= Agent.cash_ceiling_idr},
        states=states_of(Agent.status, AgentStatus),
        amount=amount,
    )
    statement = (
        select(Agent)
        .outerjoin(held, held.c.agent_id == Agent.id)
        .where(scope.agents(user, to=Permission.TEAM_READ))
        .options(joinedload(Agent.office))
    )
    total = None if listing.conditions(asked) else agents
    page = listing.page(session, statement, asked, total=total)
    return page.holding(team_rows(session, [row[0] for row in page.rows]))


def team_totals(session: Session, user: User) -> TeamTotals:
    """How many agents are in the user's scope, and what they hold together."""
    held = _held(user)
    amount = func.coalesce(held.c.held_idr, 0)
    row = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(amount), 0),
            func.count().filter(amount >= Agent.cash_ceiling_idr),
        )
        .select_from(Agent)
        .outerjoin(held, held.c.agent_id == Agent.id)
        .where(scope.agents(user, to=Permission.TEAM_READ))
    ).one()
    return TeamTotals(agents=int(row[0]), held_idr=int(row[1]), over=int(row[2]))


def agent_in_scope(session: Session, user: User, agent_id: int) -> TeamRow:
    """One agent; NotFound if the agent does not exist or the user may not see him or her."""
    seen = scope.agents(user, to=Permission.TEAM_READ)
    found: Agent = scope.one(session, Agent, seen, agent_id, joinedload(Agent.office))
    return team_rows(session, [found])[0]


def team_rows(session: Session, agents: Sequence[Agent]) -> list[TeamRow]:
    """These agents with their figures, in one statement."""
    ids = [agent.id for agent in agents]
    workers = registry.by_agent(ids)
    sums = collected.by_agent(ids, clock.this_month())
    cash = custody.exposures(ids)
    rows = session.execute(
        select(
            cash,
            func.coalesce(workers.c.number, 0).label("workers"),
            func.coalesce(sums.c.collected_idr, 0).label("collected_idr"),
            func.coalesce(sums.c.billed_idr, 0).label("billed_idr"),
        )
        .outerjoin(workers, workers.c.agent_id == cash.c.agent_id)
        .outerjoin(sums, sums.c.agent_id == cash.c.agent_id)
    )
    figures = {row.agent_id: row for row in rows}
    return [_row(agent, figures[agent.id]) for agent in agents]


def _row(agent: Agent, figures: Any) -> TeamRow:
    exposure = custody.Exposure.of(figures)
    return TeamRow(
        id=agent.id,
        name=agent.name,
        area=agent.area,
        code=agent.code,
        office_name=agent.office.name,
        status=agent.status,
        ended_on=agent.ended_on,
        workers=int(figures.workers),
        collected_idr=int(figures.collected_idr),
        billed_idr=int(figures.billed_idr),
        held_idr=exposure.held_idr,
        ceiling_idr=agent.cash_ceiling_idr,
        level=exposure.level,
        oldest_at=exposure.oldest_at,
    )


def _held(user: User) -> Subquery:
    """The cash of each agent in the user's scope; agents who never had any are left out."""
    account: Any = func.concat(accounts.CASH, Agent.id)
    return (
        select(Agent.id.label("agent_id"), BALANCES.c.amount_idr.label("held_idr"))
        .join(BALANCES, account == BALANCES.c.account)
        .where(scope.agents(user, to=Permission.TEAM_READ))
        .subquery()
    )
