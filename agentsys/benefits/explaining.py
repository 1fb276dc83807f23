"""What the family of one worker would get today, and once the waiting time is over."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.benefits.amounts import (
    MOST_CHILDREN,
    SCHOLARSHIP_MONTHS,
    Benefit,
    Programme,
    Scholarship,
    most_scholarships_idr,
    on_death,
    scholarships,
    total,
)
from agentsys.contributions import coverage, earlier
from agentsys.contributions.coverage import WAITING_MONTHS, Cover
from agentsys.contributions.models import Contribution
from agentsys.months import add_months, parse_month
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class Explained:
    """What BPJS would pay the family of a worker."""

    state: Cover
    member_month: int  # 0 if this month is not covered
    today: Sequence[Benefit]  # for a death that is no accident at work
    later: Sequence[Benefit]  # the same once the waiting time is over
    later_from: date | None  # from which month, if every month is paid; None if it is over
    accident: Sequence[Benefit]  # for a death by an accident at work
    base_idr: int  # the monthly income on which the contribution rests
    scholarships: Sequence[Scholarship]
    scholarships_idr: int  # for all children together, at most
    children: int
    months_paid: int
    scholarship_months: int  # after which a death that is no accident brings scholarships
    jht_idr: int  # savings that went through us to BPJS, without its yield

    @property
    def today_idr(self) -> int:
        """The sum of `today`."""
        return total(list(self.today))

    @property
    def later_idr(self) -> int:
        """The sum of `later`."""
        return total(list(self.later))

    @property
    def accident_idr(self) -> int:
        """The sum of `accident`."""
        return total(list(self.accident))

    @property
    def has_scholarships(self) -> bool:
        """Whether a death that is no accident brings scholarships, as far as months are known."""
        return self.months_paid >= self.scholarship_months


def explain(session: Session, *, worker_id: int) -> Explained:
    """What the family of this worker would get, by what BPJS has of the worker's months."""
    cover = coverage.coverage_of(session, worker_id=worker_id)
    now = clock.this_month()
    income_idr = session.scalars(select(Worker.income_idr).where(Worker.id == worker_id)).one()
    paid, jht_idr = session.execute(
        select(func.count(), func.coalesce(func.sum(Contribution.jht_idr), 0)).where(
            Contribution.worker_id == worker_id,
            Contribution.confirmed_at.is_not(None),
            Contribution.month <= now,
        )
    ).one()
    elsewhere = earlier.counted_of(session, worker_id=worker_id)
    return family(
        state=cover.state,
        member_month=cover.member_month,
        now=now,
        base_idr=base_income(now, income_idr),
        months_paid=paid + sum(month <= now for month in elsewhere),
        jht_idr=int(jht_idr),
    )


def family(
    *,
    state: Cover,
    member_month: int,
    now: date,
    base_idr: int,
    months_paid: int,
    jht_idr: int = 0,
) -> Explained:
    """What a family would get; a pure function."""
    waits = member_month <= WAITING_MONTHS
    later_from = add_months(now, WAITING_MONTHS + 1 - member_month) if waits else None
    return Explained(
        state=state,
        member_month=member_month,
        today=on_death(Programme.JKM, on=now, member_month=member_month),
        later=on_death(
            Programme.JKM, on=later_from or now, member_month=max(member_month, WAITING_MONTHS + 1)
        ),
        later_from=later_from,
        accident=on_death(Programme.JKK, on=now, member_month=member_month, base_idr=base_idr),
        base_idr=base_idr,
        scholarships=scholarships(on=now),
        scholarships_idr=most_scholarships_idr(on=now),
        children=MOST_CHILDREN,
        months_paid=months_paid,
        scholarship_months=SCHOLARSHIP_MONTHS,
        jht_idr=jht_idr,
    )


def base_income(month: date, income_idr: int) -> int:
    """The income that the tariff takes for a bracket, on which sums for accidents rest."""
    bounds, bases = _brackets(month)
    return bases[bisect_right(bounds, income_idr) - 1] if bounds else 0


@lru_cache(maxsize=24)
def _brackets(month: date) -> tuple[list[int], list[int]]:
    table = files("agentsys.contributions") / "tables" / "jkk.csv"
    rows = [
        (int(row["income_from"]), int(row["base_idr"]))
        for row in csv.DictReader(table.read_text(encoding="utf-8").splitlines())
        if parse_month(row["valid_from"]) <= month
        and (not row["valid_until"] or month <= parse_month(row["valid_until"]))
    ]
    rows.sort()
    return [bound for bound, _base in rows], [base for _bound, base in rows]
