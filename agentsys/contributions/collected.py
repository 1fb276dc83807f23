"""How much of the contributions was billed, collected and not yet confirmed, by agent and month."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Subquery, func, literal, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import Contribution
from agentsys.figures import kept
from agentsys.figures.models import KeptFigure
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import User

MONTHS_KEPT = 6  # this month and those before it


@dataclass(frozen=True)
class MonthSums:
    """The contributions of one month: what was collected of them, and all that was billed."""

    collected_idr: int = 0
    billed_idr: int = 0


def of_month(
    session: Session, *, agent_ids: Collection[int], month: date
) -> Mapping[int, MonthSums]:
    """The sums of one month by agent; an agent without contributions has sums of zero."""
    rows = session.execute(select(by_agent(agent_ids, month)))
    found = {key: MonthSums(int(paid), int(billed)) for key, paid, billed in rows if key}
    return {key: found.get(key, MonthSums()) for key in agent_ids}


def by_agent(agent_ids: Collection[int], month: date) -> Subquery:
    """`collected_idr` and `billed_idr` of one month, by `agent_id`; without who has no rows."""
    collected = func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None))
    return (
        select(
            Contribution.agent_id,
            func.coalesce(collected, 0).label("collected_idr"),
            func.coalesce(func.sum(Contribution.amount_idr), 0).label("billed_idr"),
        )
        .where(Contribution.agent_id.in_(agent_ids), Contribution.month == month)
        .group_by(Contribution.agent_id)
        .subquery()
    )


def total_of_month(session: Session, user: User, *, month: date) -> MonthSums:
    """The sums of one month over everything in the user's scope."""
    found = by_month(session, user, first=month, last=month)
    return found.get(month, MonthSums())


def keep(session: Session) -> None:
    """Keep the sums of the newest months of large offices, by agent."""
    last = clock.this_month()
    paid = func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None))
    agent_id = func.coalesce(Contribution.agent_id, 0)
    kept.replace(
        session,
        kept.MONTHS,
        select(
            literal(kept.MONTHS).label("name"),
            Contribution.office_id,
            agent_id.label("agent_id"),
            Contribution.month,
            func.count().label("count"),
            func.coalesce(paid, 0).label("amount_idr"),
            func.coalesce(func.sum(Contribution.amount_idr), 0).label("of_idr"),
            literal(clock.now()).label("at"),
        )
        .where(
            kept.large(Contribution.office_id),
            Contribution.month.between(add_months(last, 1 - MONTHS_KEPT), last),
        )
        .group_by(Contribution.office_id, agent_id, Contribution.month),
    )


def by_month(session: Session, user: User, *, first: date, last: date) -> dict[date, MonthSums]:
    """The sums of each month in the user's scope; for large offices the stored ones.

    Months without contributions are left out.
    """
    offices = kept.split(session, user)
    if first < add_months(clock.this_month(), 1 - MONTHS_KEPT):
        offices = kept.Split(frozenset(), frozenset((0,)))
    paid = func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None))
    queries = []
    if offices.read:
        queries.append(
            select(Contribution.month, paid, func.sum(Contribution.amount_idr))
            .where(
                scope.of_agent(user, Contribution.agent_id, Contribution.office_id),
                Contribution.month.between(first, last),
                offices.reads(Contribution.office_id),
            )
            .group_by(Contribution.month)
        )
    if offices.kept:
        queries.append(
            select(KeptFigure.month, func.sum(KeptFigure.amount_idr), func.sum(KeptFigure.of_idr))
            .where(kept.of(user, kept.MONTHS), KeptFigure.month.between(first, last))
            .group_by(KeptFigure.month)
        )
    found: dict[date, MonthSums] = {}
    for query in queries:
        for month, collected, billed in session.execute(query):
            before = found.get(month, MonthSums())
            found[month] = MonthSums(
                before.collected_idr + int(collected or 0), before.billed_idr + int(billed or 0)
            )
    return found


def count_unconfirmed(session: Session, *, agent_id: int) -> int:
    """How many of an agent's contributions are paid and not yet confirmed by BPJS."""
    query = select(func.count()).where(
        Contribution.agent_id == agent_id,
        Contribution.payment_id.is_not(None),
        Contribution.confirmed_at.is_(None),
    )
    return int(session.scalar(query) or 0)
