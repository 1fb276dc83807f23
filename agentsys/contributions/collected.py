"""How much of the contributions was billed, collected and not yet confirmed, by agent and month."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.people import scope
from agentsys.people.models import User


@dataclass(frozen=True)
class MonthSums:
    """The contributions of one month: what was collected of them, and all that was billed."""

    collected_idr: int = 0
    billed_idr: int = 0


def of_month(
    session: Session, *, agent_ids: Collection[int], month: date
) -> Mapping[int, MonthSums]:
    """The sums of one month by agent; an agent without contributions has sums of zero."""
    collected = func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None))
    rows = session.execute(
        select(
            Contribution.agent_id,
            func.coalesce(collected, 0),
            func.coalesce(func.sum(Contribution.amount_idr), 0),
        )
        .where(Contribution.agent_id.in_(agent_ids), Contribution.month == month)
        .group_by(Contribution.agent_id)
    )
    found = {key: MonthSums(int(paid), int(billed)) for key, paid, billed in rows if key}
    return {key: found.get(key, MonthSums()) for key in agent_ids}


def total_of_month(session: Session, user: User, *, month: date) -> MonthSums:
    """The sums of one month over everything in the user's scope."""
    collected = func.sum(Contribution.amount_idr).filter(Contribution.payment_id.is_not(None))
    row = session.execute(
        select(
            func.coalesce(collected, 0), func.coalesce(func.sum(Contribution.amount_idr), 0)
        ).where(
            scope.of_agent(user, Contribution.agent_id, Contribution.office_id),
            Contribution.month == month,
        )
    ).one()
    return MonthSums(int(row[0]), int(row[1]))


def by_month(session: Session, user: User, *, first: date, last: date) -> list[tuple[date, int]]:
    """What was collected in the user's scope, by the month that was paid for, oldest first."""
    rows = session.execute(
        select(Contribution.month, func.sum(Contribution.amount_idr))
        .where(
            scope.of_agent(user, Contribution.agent_id, Contribution.office_id),
            Contribution.payment_id.is_not(None),
            Contribution.month.between(first, last),
        )
        .group_by(Contribution.month)
        .order_by(Contribution.month)
    )
    return [(month, int(total)) for month, total in rows]


def count_unconfirmed(session: Session, *, agent_id: int) -> int:
    """How many of an agent's contributions are paid and not yet confirmed by BPJS."""
    query = select(func.count()).where(
        Contribution.agent_id == agent_id,
        Contribution.payment_id.is_not(None),
        Contribution.confirmed_at.is_(None),
    )
    return int(session.scalar(query) or 0)
