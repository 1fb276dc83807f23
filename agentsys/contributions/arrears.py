"""Open contributions, oldest month first, and the overdue ones among them (tunggakan)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import earlier
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.workers.kinds import Funding


@dataclass(frozen=True, kw_only=True)
class OpenMonth:
    """A month that the worker was billed for and has not paid."""

    month: date
    amount_idr: int
    state: ContributionState
    tariff: str  # the instruments that made the price
    funding: Funding

    @property
    def own(self) -> bool:
        """Whether the worker pays it, and no sponsor."""
        return self.funding is Funding.SELF


@dataclass(frozen=True, kw_only=True)
class AgeGroup:
    """The workers whose oldest open month has the same age in months."""

    months: int  # 0 for this month; the last group holds all that are older
    workers: int
    amount_idr: int


def ageing(session: Session, *, agent_id: int, oldest: int = 3) -> list[AgeGroup]:
    """An agent's open contributions by the age of each worker's oldest one, this month first."""
    now = clock.this_month()
    of_worker = (
        select(
            func.min(Contribution.month).label("oldest"),
            func.sum(Contribution.amount_idr).label("amount"),
        )
        .where(
            Contribution.agent_id == agent_id,
            Contribution.payment_id.is_(None),
            Contribution.month <= now,
        )
        .group_by(Contribution.worker_id)
        .subquery()
    )
    rows = session.execute(
        select(of_worker.c.oldest, func.count(), func.sum(of_worker.c.amount)).group_by(
            of_worker.c.oldest
        )
    )
    counts, sums = [0] * (oldest + 1), [0] * (oldest + 1)
    for month, count, amount in rows:
        months = (now.year - month.year) * 12 + now.month - month.month
        group = min(months, oldest)
        counts[group] += int(count)
        sums[group] += int(amount)
    return [
        AgeGroup(months=group, workers=counts[group], amount_idr=sums[group])
        for group in range(oldest + 1)
    ]


def open_months(session: Session, *, worker_id: int) -> list[OpenMonth]:
    """The months that the worker was billed for and has not paid, oldest first."""
    rows = session.execute(
        select(
            Contribution.month,
            Contribution.amount_idr,
            Contribution.state,
            Contribution.tariff,
            Contribution.funding,
        )
        .where(Contribution.worker_id == worker_id, Contribution.payment_id.is_(None))
        .order_by(Contribution.month)
    )
    return [OpenMonth(**row._mapping) for row in rows]


def own_months(session: Session, *, worker_id: int) -> list[OpenMonth]:
    """The open months that the worker is to pay, oldest first; those of sponsors are left out."""
    return [found for found in open_months(session, worker_id=worker_id) if found.own]


def is_paid(session: Session, *, worker_id: int) -> bool:
    """Whether somebody paid this month's contribution, here or elsewhere."""
    found = session.scalar(
        select(Contribution.payment_id).where(
            Contribution.worker_id == worker_id, Contribution.month == clock.this_month()
        )
    )
    return found is not None or clock.this_month() in earlier.counted_of(
        session, worker_id=worker_id
    )


def arrears(session: Session, *, worker_id: int) -> list[OpenMonth]:
    """The worker's open months before this month (tunggakan), oldest first."""
    now = clock.this_month()
    return [open_ for open_ in open_months(session, worker_id=worker_id) if open_.month < now]
