"""Retention: who is still covered 3, 6 and 12 months after the first covered month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.months import add_months
from agentsys.reports.asked import Asked
from agentsys.reports.covered import percent_of

AFTER = (3, 6, 12)  # months

# Months before the range are read only to know who is new: the month before it at once, and older
# ones by worker, and only of workers who had a membership before the range.
_RETENTION = """
WITH rows AS MATERIALIZED (
    SELECT c.worker_id, c.month FROM contributions c
    WHERE {contributions} AND c.month BETWEEN :before AND :last AND c.confirmed_at IS NOT NULL
    UNION ALL
    SELECT p.worker_id, m.month::date FROM earlier_periods p JOIN workers w ON w.id = p.worker_id
    CROSS JOIN LATERAL generate_series(greatest(p.from_month, :before),
        least(p.until_month - interval '1 month', :last), interval '1 month') AS m (month)
    WHERE {elsewhere} AND p.from_month <= :last AND p.until_month > :before
), people AS (
    SELECT worker_id, min(month) AS month, array_agg(month) AS covered FROM rows
    WHERE NOT EXISTS (SELECT FROM workers m
        WHERE m.id = rows.worker_id AND m.merged_into IS NOT NULL)
    GROUP BY worker_id HAVING min(month) >= :first
), joined AS (
    SELECT q.month, q.covered FROM people q
    WHERE NOT EXISTS (SELECT FROM enrolments e
            WHERE e.worker_id = q.worker_id AND e.from_month < :first)
        AND NOT EXISTS (SELECT FROM earlier_periods p WHERE p.worker_id = q.worker_id
            AND p.from_month < :first AND p.state IN ('counted', 'retracting'))
    UNION ALL
    SELECT q.month, q.covered FROM people q
    WHERE EXISTS (SELECT FROM enrolments e
            WHERE e.worker_id = q.worker_id AND e.from_month < :first)
        AND NOT EXISTS (SELECT FROM contributions c WHERE c.worker_id = q.worker_id
            AND c.month < :first AND c.confirmed_at IS NOT NULL AND {before})
        AND NOT EXISTS (SELECT FROM earlier_periods p WHERE p.worker_id = q.worker_id
            AND p.from_month < :first AND p.state IN ('counted', 'retracting'))
)
SELECT month, count(*) AS joined, {after} FROM joined GROUP BY month ORDER BY month
"""
_STILL = (
    "count(*) FILTER (WHERE (month + interval '{months} months')::date = ANY (covered))"
    " AS after_{months}"
)


@dataclass(frozen=True, kw_only=True)
class Cohort:
    """The workers whose first covered month is this one, and how many are covered later.

    `still` has a number for each of AFTER whose month is in the range; the others are not known.
    """

    month: date
    joined: int
    still: Mapping[int, int]

    def percent(self, after: int) -> float | None:
        """The share in percent that is covered so many months later; None if it is not known."""
        return percent_of(self.still[after], self.joined) if after in self.still else None


def cohorts(session: Session, asked: Asked) -> Sequence[Cohort]:
    """The cohorts of the range that have workers, the oldest first.

    A worker who is covered in the month, but was not in between, counts: the months are looked at
    one by one. For an agreement the first month is the first that it paid. A record that was merged
    into another one is left out.
    """
    query = _RETENTION.format(
        contributions=asked.contributions,
        elsewhere=asked.elsewhere,
        before="true" if asked.agreement_id is None else asked.contributions,
        after=", ".join(_STILL.format(months=months) for months in AFTER),
    )
    values = asked.values() | {"before": add_months(asked.first, -1)}
    return [
        Cohort(
            month=row.month,
            joined=row.joined,
            still={
                months: getattr(row, f"after_{months}")
                for months in AFTER
                if add_months(row.month, months) <= asked.last
            },
        )
        for row in session.execute(text(query), values)
    ]


def overall(found: Sequence[Cohort], after: int) -> float | None:
    """The share over all cohorts for whom it is known; None if there are none."""
    known = [cohort for cohort in found if after in cohort.still]
    return percent_of(
        sum(cohort.still[after] for cohort in known), sum(cohort.joined for cohort in known)
    )
