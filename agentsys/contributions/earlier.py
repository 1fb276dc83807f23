"""Which months count for a worker although nobody paid them through us."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.earlier_models import COUNTS, EarlierPeriod
from agentsys.months import add_months

# For SQL: conditions on a row `p` of `earlier_periods`.
COUNTED_SQL = "p.state IN ('counted', 'retracting')"


def counted(session: Session, *, worker_ids: Collection[int]) -> dict[int, list[date]]:
    """The counted earlier months of these workers; workers without any are left out."""
    found: dict[int, list[date]] = {}
    rows = session.execute(
        select(EarlierPeriod.worker_id, EarlierPeriod.from_month, EarlierPeriod.until_month).where(
            EarlierPeriod.worker_id.in_(worker_ids), EarlierPeriod.state.in_(COUNTS)
        )
    )
    for worker_id, first, until in rows:
        found.setdefault(worker_id, []).extend(months_between(first, until))
    return found


def counted_of(session: Session, *, worker_id: int) -> frozenset[date]:
    """The counted earlier months of one worker."""
    return frozenset(counted(session, worker_ids=[worker_id]).get(worker_id, ()))


def months_between(first: date, until: date) -> Iterator[date]:
    """The months from the first one on, without the last."""
    month = first
    while month < until:
        yield month
        month = add_months(month, 1)
