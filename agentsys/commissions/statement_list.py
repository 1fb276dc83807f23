"""Commission statements in lists: what waits for approval, what was decided, and their sums."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import BigInteger, ColumnElement, case, cast, extract, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.models import Statement, StatementState
from agentsys.commissions.statements import StatementRow, rows, visible_to
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.agents import without_supervisor
from agentsys.people.models import Agent, User

TABS = {
    "waiting": StatementState.SUBMITTED,
    "flagged": StatementState.SUBMITTED,
    "approved": StatementState.APPROVED,
    "returned": StatementState.RETURNED,
}
_MONTHS_SHOWN = 6
_MORE_THAN_ANY_SUM = 10**14
_MORE_THAN_ANY_MONTH = 5 * 10**18


@dataclass(frozen=True)
class Waiting:
    """Statements that wait for approval."""

    count: int
    total_idr: int
    oldest_at: datetime | None = None


def statement_list(
    session: Session, user: User, asked: ListRequest, *, first: ColumnElement[bool] | None = None
) -> Page[StatementRow]:
    """The statements of one tab that the user may see.

    Waiting statements are sorted by the oldest month and the largest sum, those with the condition
    `first` before all others; decided ones newest first.
    """
    month = extract("year", Statement.month) * 12 + extract("month", Statement.month)
    total = Statement.agent_idr + Statement.office_idr
    urgent = cast(month, BigInteger) * _MORE_THAN_ANY_SUM - total
    if first is not None:
        urgent -= case((first, _MORE_THAN_ANY_MONTH), else_=0)
    sorts = {
        "urgent": Sort(urgent),
        "month": Sort(Statement.month, descending=True),
        "sum": Sort(total, descending=True),
        "agent": Sort(Agent.name),
        "computed": Sort(Statement.computed_at),
    }
    state = TABS.get(asked.tab, StatementState.SUBMITTED)
    if state is not StatementState.SUBMITTED:
        sorts = {"month": sorts["month"], **sorts}
    listing = Listing(
        id=Statement.id,
        sorts=sorts,
        search=_of_agent,
        agent=_of_agent,
        at=Statement.month,
        amount=total,
    )
    query = rows().where(Statement.state == state, visible_to(user))
    return listing.page(session, query, asked).map(lambda row: row_as(StatementRow, row))


def waiting(session: Session, user: User) -> Waiting:
    """What waits for approval in the user's scope."""
    count, total, oldest = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Statement.total_idr), 0),
            func.min(Statement.computed_at),
        ).where(visible_to(user), Statement.state == StatementState.SUBMITTED)
    ).one()
    return Waiting(int(count), int(total), oldest)


def waiting_for_nobody(session: Session, user: User) -> Waiting:
    """Statements in the user's scope that nobody can approve: the agent has no supervisor."""
    count, total, oldest = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(Statement.total_idr), 0),
            func.min(Statement.computed_at),
        )
        .join(Agent, Agent.id == Statement.agent_id)
        .where(
            scope.agents(user),
            without_supervisor(),
            Statement.state == StatementState.SUBMITTED,
        )
    ).one()
    return Waiting(int(count), int(total), oldest)


def waiting_by_agent(session: Session, agent_ids: Collection[int]) -> Mapping[int, int]:
    """How many statements of each of these agents wait; agents without any are left out."""
    rows = session.execute(
        select(Statement.agent_id, func.count())
        .where(Statement.agent_id.in_(agent_ids), Statement.state == StatementState.SUBMITTED)
        .group_by(Statement.agent_id)
    )
    return {agent_id: int(count) for agent_id, count in rows}


def approved_by_month(session: Session, user: User) -> list[tuple[date, int]]:
    """What was approved in the user's scope for the last months, oldest first."""
    rows = session.execute(
        select(Statement.month, func.sum(Statement.total_idr))
        .where(
            visible_to(user),
            Statement.state == StatementState.APPROVED,
            Statement.month >= add_months(clock.this_month(), -_MONTHS_SHOWN),
        )
        .group_by(Statement.month)
        .order_by(Statement.month)
    )
    return [(month, int(total)) for month, total in rows]


def visible_ids(session: Session, user: User, ids: Collection[int]) -> set[int]:
    """Those of the statements that the user may see."""
    return set(session.scalars(select(Statement.id).where(visible_to(user), Statement.id.in_(ids))))


def _of_agent(words: str) -> ColumnElement[bool]:
    return matches(words, Agent.name, Agent.code)
