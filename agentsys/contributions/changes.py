"""When a price changes, by the tables of the tariff: such as when a discount ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import product

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import planned_prices, released_tariffs, tariff
from agentsys.contributions.repricing import Priced
from agentsys.errors import Refused
from agentsys.months import add_months
from agentsys.workers.kinds import Funding, Programmes, Sector
from agentsys.workers.models import Enrolment, Worker

MONTHS_LOOKED_AHEAD = 12


@dataclass(frozen=True, kw_only=True)
class PriceChange:
    """The first month with another price than the month before it."""

    month: date
    before_idr: int
    amount_idr: int
    # The discounts that end before that month; none if the worker's own data change.
    ended: tuple[str, ...]

    @property
    def rises(self) -> bool:
        """Whether it becomes dearer."""
        return self.amount_idr > self.before_idr


@dataclass(frozen=True, kw_only=True)
class Affected:
    """How many workers of an agent pay another price from a month on."""

    month: date
    workers: int
    ended: tuple[str, ...]


def next_change(
    month: date,
    *,
    income_idr: int,
    programmes: Programmes,
    sector: Sector,
    funding: Funding,
    months: int = MONTHS_LOOKED_AHEAD,
) -> PriceChange | None:
    """The first change within some months after a month; None if the tables know of none."""
    return _next_change(
        tariff.official(),
        month,
        income_idr=income_idr,
        programmes=programmes,
        sector=sector,
        funding=funding,
        months=months,
    )


@lru_cache(maxsize=1024)
def _next_change(
    tables: tariff.Tariff,
    month: date,
    *,
    income_idr: int,
    programmes: Programmes,
    sector: Sector,
    funding: Funding,
    months: int,
) -> PriceChange | None:
    def price(of: date) -> tariff.Price:
        return tables.price(
            month=of,
            income_idr=income_idr,
            programmes=programmes,
            sector=sector,
            funding=funding,
        )

    now = price(month)
    for step in range(1, months + 1):
        later = add_months(month, step)
        try:
            then = price(later)
        except Refused:
            return None  # nobody has added the table of that month yet
        if then.amount_idr != now.amount_idr:
            return PriceChange(
                month=later,
                before_idr=now.amount_idr,
                amount_idr=then.amount_idr,
                ended=tuple(name for name in now.discounts if name not in then.discounts),
            )
    return None


def change_of(session: Session, *, worker_id: int) -> PriceChange | None:
    """How the price of a worker's membership changes next month; None if it does not."""
    released_tariffs.refresh(session)
    this_month = clock.this_month()
    next_month = add_months(this_month, 1)
    planned = planned_prices.of_worker(session, worker_id)
    if planned is None or planned.from_month != next_month:
        planned = None
        if not _lists_that_change(tariff.official(), this_month):
            return None
    row = session.execute(
        select(Worker.income_idr, Worker.sector, Enrolment.programmes, Enrolment.funding)
        .join(Enrolment, Enrolment.worker_id == Worker.id)
        .where(
            Worker.id == worker_id,
            Enrolment.funding == Funding.SELF,
            *_goes_on(next_month),
        )
    ).first()
    if row is None or planned is None:
        return next_change(this_month, **row._mapping, months=1) if row else None
    now = Priced(**row._mapping)
    then = planned.on(now)
    before, after = now.price(this_month), then.price(next_month)
    if then.funding is not Funding.SELF or before.amount_idr == after.amount_idr:
        return None
    return PriceChange(
        month=next_month, before_idr=before.amount_idr, amount_idr=after.amount_idr, ended=()
    )


def affected(session: Session, *, agent_id: int) -> Affected | None:
    """How many of an agent's workers who pay for themselves pay more from next month on."""
    this_month = clock.this_month()
    released_tariffs.refresh(session)
    changed = _lists_that_change(tariff.official(), this_month)
    if not changed:
        return None
    next_month = add_months(this_month, 1)
    rows = session.execute(
        select(Worker.sector, Enrolment.programmes, func.count())
        .join(Enrolment, Enrolment.worker_id == Worker.id)
        .where(
            Worker.agent_id == agent_id,
            Enrolment.funding == Funding.SELF,
            *_goes_on(next_month),
        )
        .group_by(Worker.sector, Enrolment.programmes)
    )
    concerned = {(sector, programmes): count for sector, programmes, count in rows}
    ended: dict[str, None] = {}
    workers = 0
    for (sector, programmes), change in changed.items():
        if count := concerned.get((sector, programmes)):
            workers += count
            ended |= dict.fromkeys(change.ended)
    return Affected(month=next_month, workers=workers, ended=tuple(ended)) if workers else None


@lru_cache(maxsize=16)
def _lists_that_change(
    tables: tariff.Tariff, month: date
) -> dict[tuple[Sector, Programmes], PriceChange]:
    """The packages of workers who pay for themselves and pay more a month later."""
    found: dict[tuple[Sector, Programmes], PriceChange] = {}
    for sector, programmes, bound in product(Sector, Programmes, tables.bounds(month)):
        change = _next_change(
            tables,
            month,
            income_idr=bound,
            programmes=programmes,
            sector=sector,
            funding=Funding.SELF,
            months=1,
        )
        if change is not None and change.rises:
            found.setdefault((sector, programmes), change)
    return found


def _goes_on(month: date) -> tuple[ColumnElement[bool], ...]:
    return (
        Enrolment.from_month <= month,
        Enrolment.until_month.is_(None) | (Enrolment.until_month > month),
    )
