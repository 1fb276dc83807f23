"""Memberships that lapse: more than three months in arrears, found by a job each day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.coverage import GRACE_MONTHS
from agentsys.errors import Conflict
from agentsys.memberships import ending
from agentsys.months import add_months
from agentsys.payments.portfolio import Entry
from agentsys.workers.kinds import EndReason

NOTE = "Tunggakan lebih dari {months} bulan (Perdir 22/PERDIR.02/072022)."

# Self-payers only: a sponsor's late money has an exception procedure at BPJS (Perdir 22/2022 12c).
# Money that is on its way to BPJS keeps a membership: a paid month that is not confirmed yet counts
# like a confirmed one. So do months that are recorded as paid elsewhere.
# Only the months since `begun_before` are read for everybody; older ones for those who lapsed.
# A membership whose package or payer changed has several periods; the first one says when it began.
_BEGUN = """
    SELECT min(b.from_month) FROM enrolments b
    WHERE b.worker_id = e.worker_id AND b.from_month >= coalesce((
        SELECT max(g.until_month) FROM enrolments g
        WHERE g.worker_id = e.worker_id AND g.end_reason <> 'changed'
    ), '-infinity')
"""
_LAPSED = f"""
SELECT e.worker_id,
    greatest(p.paid + interval '1 month', q.until_month, e.from_month)::date AS unpaid_since
FROM (
    SELECT e.worker_id, ({_BEGUN}) AS from_month FROM enrolments e
    WHERE e.until_month IS NULL AND e.funding = 'self' AND {{which}}
        AND (e.from_month <= :begun_before OR ({_BEGUN}) <= :begun_before)
        AND NOT EXISTS (
            SELECT FROM contributions c
            WHERE c.worker_id = e.worker_id AND c.month >= :begun_before
                AND c.payment_id IS NOT NULL
        )
        AND NOT EXISTS (
            SELECT FROM earlier_periods p
            WHERE p.worker_id = e.worker_id AND p.until_month > :begun_before
                AND p.state IN ('counted', 'retracting')
        )
    ORDER BY e.worker_id
    LIMIT :limit
) AS e
LEFT JOIN LATERAL (
    SELECT max(c.month) AS paid FROM contributions c
    WHERE c.worker_id = e.worker_id AND c.month >= e.from_month AND c.payment_id IS NOT NULL
) AS p ON true
LEFT JOIN LATERAL (
    SELECT max(p.until_month) AS until_month FROM earlier_periods p
    WHERE p.worker_id = e.worker_id AND p.state IN ('counted', 'retracting')
) AS q ON true
ORDER BY e.worker_id
"""  # noqa: S608  # made of a constant
_NEXT = text(_LAPSED.format(which="e.worker_id > :after"))
_AMONG = text(_LAPSED.format(which="e.worker_id = ANY (CAST(:ids AS bigint[]))"))


def lapse(session: Session, *, after: int = 0, limit: int = 100) -> tuple[int, int | None]:
    """End the next lapsed memberships; how many, and the last worker looked at (None: all done).

    A worker for whom a month is being billed right now is left to the next run.
    """
    found = lapsed(session, after=after, limit=limit)
    ended = 0
    for worker_id, until in found:
        try:
            with session.begin_nested():
                ending.end(
                    session,
                    worker_id=worker_id,
                    reason=EndReason.LAPSED,
                    happened_on=until - timedelta(days=1),
                    note=NOTE.format(months=GRACE_MONTHS),
                    actor_id=None,
                    until_month=until,
                )
            ended += 1
        except Conflict:
            continue
    return ended, found[-1][0] if len(found) == limit else None


def lapsed(session: Session, *, after: int = 0, limit: int = 100) -> Sequence[tuple[int, date]]:
    """Workers in arrears for more than three months, with the first month after their membership.

    The membership holds for the months in which the arrears could still be paid.
    """
    rows = session.execute(_NEXT, {"after": after, "limit": limit, **_since()})
    return [(row.worker_id, add_months(row.unpaid_since, GRACE_MONTHS)) for row in rows]


def lapse_tonight(session: Session, worker_ids: Collection[int]) -> frozenset[int]:
    """Those of these workers whose membership the next run of the job ends."""
    if not worker_ids:
        return frozenset()
    values = {"ids": list(worker_ids), "limit": len(worker_ids), **_since()}
    return frozenset(row.worker_id for row in session.execute(_AMONG, values))


def lapses_tonight(session: Session, *, worker_id: int) -> bool:
    """Whether the next run of the job ends the worker's membership."""
    return bool(lapse_tonight(session, [worker_id]))


def marked(session: Session, entries: Sequence[Entry]) -> list[Entry]:
    """Rows of a portfolio, with those marked that nobody may collect from any more."""
    asked = [entry.worker_id for entry in entries if entry.collectable]
    closing = lapse_tonight(session, asked)
    return [
        replace(entry, closes_tonight=True) if entry.worker_id in closing else entry
        for entry in entries
    ]


def _since() -> dict[str, date]:
    return {"begun_before": add_months(clock.this_month(), -GRACE_MONTHS)}
