"""Months that can be paid before they are billed, with their prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import tariff
from agentsys.contributions.billing import MONTHS_AHEAD
from agentsys.contributions.models import Contribution
from agentsys.months import add_months
from agentsys.workers.models import Enrolment, Worker


@dataclass(frozen=True, kw_only=True)
class ComingMonth:
    """A month that is not billed yet, and its price by the tariff."""

    month: date
    amount_idr: int


def coming_months(session: Session, *, worker: Worker, count: int) -> list[ComingMonth]:
    """The next months after the last billed one that the membership and billing allow."""
    newest_billed = (
        select(Contribution.month)
        .where(Contribution.worker_id == worker.id)
        .order_by(Contribution.month.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Enrolment, newest_billed).where(Enrolment.worker_id == worker.id)
    ).all()
    periods, newest = [row[0] for row in rows], rows[0][1] if rows else None
    now = clock.this_month()
    first = max(add_months(newest, 1), now) if newest else now
    found = []
    for month in (add_months(first, step) for step in range(count)):
        enrolled = next((period for period in periods if _covers(period, month)), None)
        if enrolled is None or month > add_months(now, MONTHS_AHEAD):
            break
        price = tariff.price(
            month=month,
            income_idr=worker.income_idr,
            programmes=enrolled.programmes,
            sector=worker.sector,
            funding=enrolled.funding,
        )
        found.append(ComingMonth(month=month, amount_idr=price.amount_idr))
    return found


def monthly_price(session: Session, *, worker: Worker) -> int:
    """The price of the current month for the worker: as billed, else by the tariff.

    For a worker who is enrolled from a later month, it is the price of that month.
    """
    now = clock.this_month()
    billed = session.get(Contribution, (worker.id, now))
    if billed is not None:
        return billed.amount_idr
    enrolled = session.scalars(
        select(Enrolment)
        .where(Enrolment.worker_id == worker.id)
        .order_by(Enrolment.from_month.desc())
        .limit(1)
    ).first()
    if enrolled is None:
        return 0
    price = tariff.price(
        month=max(now, enrolled.from_month),
        income_idr=worker.income_idr,
        programmes=enrolled.programmes,
        sector=worker.sector,
        funding=enrolled.funding,
    )
    return price.amount_idr


def _covers(period: Enrolment, month: date) -> bool:
    return period.from_month <= month and (period.until_month is None or month < period.until_month)
