"""Months that can be paid before they are billed, with their prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import earlier, released_tariffs, tariff
from agentsys.contributions.billing import MONTHS_AHEAD
from agentsys.contributions.models import Contribution
from agentsys.contributions.planned_prices import PlannedPrice
from agentsys.contributions.repricing import Priced
from agentsys.months import add_months
from agentsys.workers.kinds import CLOSES_ALL, Funding, Sector
from agentsys.workers.models import Enrolment, Worker


@dataclass(frozen=True, kw_only=True)
class ComingMonth:
    """A month that is not billed yet, and its price by the tariff."""

    month: date
    amount_idr: int
    tariff: str  # the instruments that make the price


def coming_months(session: Session, *, worker_id: int, count: int) -> list[ComingMonth]:
    """The next months after the last billed one that the worker may pay.

    The membership and billing have to allow them, and no sponsor pays them.
    """
    released_tariffs.refresh(session)
    newest_billed = (
        select(Contribution.month)
        .where(Contribution.worker_id == worker_id)
        .order_by(Contribution.month.desc())
        .limit(1)
        .scalar_subquery()
    )
    periods = _periods(worker_id).add_columns(newest_billed)
    rows = session.execute(periods).all()
    newest = rows[0][-1] if rows else None
    now = clock.this_month()
    first = max(add_months(newest, 1), now) if newest else now
    elsewhere = earlier.counted_of(session, worker_id=worker_id)
    found: list[ComingMonth] = []
    following = (add_months(first, step) for step in range(count + len(elsewhere)))
    for month in (month for month in following if month not in elsewhere):
        if len(found) == count:
            break
        period = next((row for row in rows if _covers(row[0], month)), None)
        if (
            period is None
            or _priced(period, month).funding is not Funding.SELF
            or month > add_months(now, MONTHS_AHEAD)
        ):
            break
        price = _tariff(period, month)
        found.append(
            ComingMonth(
                month=month, amount_idr=price.amount_idr, tariff=", ".join(price.instruments)
            )
        )
    return found


def monthly_price(session: Session, *, worker_id: int) -> int:
    """The price of the current month for the worker: as billed, else by the tariff.

    For a worker who is enrolled from a later month, it is the price of that month.
    """
    now = clock.this_month()
    billed = session.scalar(
        select(Contribution.amount_idr).where(
            Contribution.worker_id == worker_id, Contribution.month == now
        )
    )
    return billed if billed is not None else price_by_tariff(session, worker_id=worker_id)


def price_by_tariff(session: Session, *, worker_id: int) -> int:
    """The price of the current month by the tariff, or of the month from which enrolled."""
    return price_of(session, worker_id=worker_id, month=clock.this_month())


def price_of(session: Session, *, worker_id: int, month: date) -> int:
    """The price of a month by the tariff, with a change that is planned by then.

    For a worker who is enrolled from a later month, it is the price of that month.
    """
    released_tariffs.refresh(session)
    newest = _periods(worker_id).order_by(Enrolment.from_month.desc()).limit(1)
    period = session.execute(newest).first()
    return _price(period, max(month, period[0].from_month)) if period else 0


def is_certain(session: Session, *, worker_id: int) -> bool:
    """Whether no table behind the worker's price is marked as unsure."""
    now = clock.this_month()
    released_tariffs.refresh(session)
    newest = _periods(worker_id).order_by(Enrolment.from_month.desc()).limit(1)
    period = session.execute(newest).first()
    return period is None or _tariff(period, max(now, period[0].from_month)).certain


def _periods(worker_id: int) -> Select[Enrolment, int, Sector, PlannedPrice | None]:
    """The worker's enrolments, each with what else makes the price."""
    return (
        select(Enrolment, Worker.income_idr, Worker.sector, PlannedPrice)
        .join(Worker, Worker.id == Enrolment.worker_id)
        .outerjoin(PlannedPrice, PlannedPrice.worker_id == Enrolment.worker_id)
        .where(Enrolment.worker_id == worker_id)
    )


def _price(period: Row[*tuple[Any, ...]], month: date) -> int:
    return _tariff(period, month).amount_idr


def _tariff(period: Row[*tuple[Any, ...]], month: date) -> tariff.Price:
    return _priced(period, month).price(month)


def _priced(period: Row[*tuple[Any, ...]], month: date) -> Priced:
    """What makes the price of a month of the period, with a change that is planned by then."""
    enrolled, income_idr, sector, planned = period[:4]
    now = Priced(
        sector=sector,
        income_idr=income_idr,
        programmes=enrolled.programmes,
        funding=enrolled.funding,
    )
    return now if planned is None or month < planned.from_month else planned.on(now)


def _covers(period: Enrolment, month: date) -> bool:
    if period.end_reason in CLOSES_ALL:
        return False
    return period.from_month <= month and (period.until_month is None or month < period.until_month)
