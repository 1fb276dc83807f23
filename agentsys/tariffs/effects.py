"""What another tariff table changes: workers, rupiah a month, billed months and paid ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import billing
from agentsys.contributions.tariff import Tariff, TariffMissing
from agentsys.months import add_months
from agentsys.tariffs import effect_sql
from agentsys.workers.kinds import Funding, Programmes, Sector

MONTHS_SHOWN = 13
MOST_NAMED = 50


@dataclass(frozen=True, kw_only=True)
class GroupEffect:
    """What changes for the workers of one package, sector and payer in the first month."""

    programmes: str
    sector: str
    funding: str
    workers: int  # that pay another sum
    before_idr: int  # what they pay together
    after_idr: int


@dataclass(frozen=True, kw_only=True)
class MonthEffect:
    """What all workers of the first month would pay in a month, before and after."""

    month: date
    workers: int  # that pay another sum
    before_idr: int
    after_idr: int


@dataclass(frozen=True, kw_only=True)
class PaidMonth:
    """A month that was paid in advance at another price; it keeps its price."""

    worker_id: int
    name: str
    month: date
    before_idr: int
    after_idr: int


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a table would change if it were released now."""

    first: date  # the month whose workers are counted
    groups: Sequence[GroupEffect]
    months: Sequence[MonthEffect]
    open: int  # billed months that get their new price
    open_idr: int  # how much more they cost together
    said: int  # billed months that keep their price: a bill was sent, or a payment is under way
    paid: int  # paid months, which keep their price
    paid_idr: int  # what they would cost more now; BPJS decides about it
    paid_first: Sequence[PaidMonth]

    @property
    def workers(self) -> int:
        """How many workers pay another sum in the first month."""
        return sum(group.workers for group in self.groups)


def effect(
    session: Session,
    *,
    before: Tariff,
    after: Tariff,
    first: date,
    last: date | None,
    named_office_id: int | None = None,
) -> Effect:
    """What changes from a month on if one tariff replaces another; nothing is written.

    All offices are counted; people are named of one office, or of all if it is None.
    """
    counted = max(first, clock.this_month())
    enrolled = _enrolled(session, before, after, counted)
    months = _months_of(enrolled, before, after, counted)
    rows: list[Any] = []
    paid: list[PaidMonth] = []
    for month in _billed_months(session, first, last):
        values = _values(before, after, month)
        if values is None:
            continue
        rows.append(session.execute(text(effect_sql.BILLED), values).one())
        if rows[-1].paid and len(paid) < MOST_NAMED:
            named = session.execute(
                text(effect_sql.PAID),
                {**values, "most": MOST_NAMED - len(paid), "office_id": named_office_id},
            )
            paid += [
                PaidMonth(
                    worker_id=row.worker_id,
                    name=row.name,
                    month=row.month,
                    before_idr=int(row.amount_idr),
                    after_idr=int(row.new_idr),
                )
                for row in named
            ]
    return Effect(
        first=counted,
        groups=_groups_of(enrolled, before, after, counted),
        months=[month for month in months if month.workers],
        open=sum(int(row.open) for row in rows),
        open_idr=sum(int(row.open_idr) for row in rows),
        said=sum(int(row.said) for row in rows),
        paid=sum(int(row.paid) for row in rows),
        paid_idr=sum(int(row.paid_idr) for row in rows),
        paid_first=paid,
    )


def reprice(
    session: Session, *, before: Tariff, after: Tariff, first: date, last: date | None
) -> int:
    """Give the billed months that nobody has paid their new price; how many.

    What a sent bill or a payment under way asks for stays. Locks the contributions.
    """
    count = 0
    for month in _billed_months(session, first, last):
        values = _values(before, after, month)
        if values is not None:
            session.execute(text(effect_sql.LOCK_BILLS), {"month": month})
            session.execute(text(effect_sql.LOCK), values)
            count += session.scalar(text(effect_sql.REPRICE), values) or 0
    return count


_Enrolled = Mapping[tuple[str, str, str, int], int]  # workers by what makes their price


def _enrolled(session: Session, before: Tariff, after: Tariff, month: date) -> _Enrolled:
    """How many workers there are by package, sector, payer and the lowest income of a bracket."""
    bounds = sorted({*_bounds(before, month), *_bounds(after, month)})
    rows = session.execute(text(effect_sql.ENROLLED), {"month": month, "bounds": bounds})
    return {
        (row.programmes, row.sector, row.funding, bounds[row.bracket - 1]): int(row.workers)
        for row in rows
    }


def _bounds(tariff: Tariff, month: date) -> Sequence[int]:
    try:
        return tariff.bounds(month)
    except TariffMissing:
        return (0,)


def _months_of(
    enrolled: _Enrolled, before: Tariff, after: Tariff, first: date
) -> list[MonthEffect]:
    found = []
    for step in range(MONTHS_SHOWN):
        month = add_months(first, step)
        groups = _groups_of(enrolled, before, after, month)
        found.append(
            MonthEffect(
                month=month,
                workers=sum(group.workers for group in groups),
                before_idr=sum(group.before_idr for group in groups),
                after_idr=sum(group.after_idr for group in groups),
            )
        )
    return found


def _groups_of(
    enrolled: _Enrolled, before: Tariff, after: Tariff, month: date
) -> list[GroupEffect]:
    groups: dict[tuple[str, str, str], list[int]] = {}
    for (programmes, sector, funding, income_idr), workers in enrolled.items():
        asked: dict[str, Any] = {
            "month": month,
            "income_idr": income_idr,
            "programmes": Programmes(programmes),
            "sector": Sector(sector),
            "funding": Funding(funding),
        }
        try:
            old, new = before.price(**asked).amount_idr, after.price(**asked).amount_idr
        except TariffMissing:
            continue
        if old != new:
            sums = groups.setdefault((programmes, sector, funding), [0, 0, 0])
            sums[0] += workers
            sums[1] += workers * old
            sums[2] += workers * new
    return [
        GroupEffect(
            programmes=programmes,
            sector=sector,
            funding=funding,
            workers=sums[0],
            before_idr=sums[1],
            after_idr=sums[2],
        )
        for (programmes, sector, funding), sums in sorted(groups.items())
    ]


def _billed_months(session: Session, first: date, last: date | None) -> list[date]:
    ahead = add_months(clock.this_month(), billing.MONTHS_AHEAD)
    until = min(last, ahead) if last else ahead
    return list(session.scalars(text(effect_sql.MONTHS), {"first": first, "last": until}))


def _values(before: Tariff, after: Tariff, month: date) -> dict[str, Any] | None:
    """The parameters of the statements about a month; None if a tariff has no table for it."""
    try:
        old, new = billing.price_columns(before, month), billing.price_columns(after, month)
    except TariffMissing:
        return None
    if old == new:
        return None
    return {
        "month": month,
        "before": old["prices"],
        "after": new["prices"],
        "bounds_before": old["bounds"],
        "bounds_after": new["bounds"],
    }
