"""Who is not billed yet when a month is billed again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.contributions.billing_sql import NOT_YET

FEW = 20_000

# Read by several processes at once, unlike the statement that bills. That one also looks at what
# somebody is exempt for, so not all of these are billed.
_NOT_BILLED = """
SELECT array_agg(e.worker_id)
FROM enrolments e JOIN workers w ON w.id = e.worker_id AND w.merged_into IS NULL
WHERE e.from_month <= :month AND (e.until_month IS NULL OR e.until_month > :month) {which}
    AND NOT EXISTS (
        SELECT FROM contributions c WHERE c.worker_id = e.worker_id AND c.month = :month
    )
"""
_OF_FEW = "AND e.worker_id = ANY (CAST(:worker_ids AS bigint[])) "


def condition(session: Session, of_office: str, values: dict[str, Any]) -> str:
    """SQL for the workers whom a month lacks, added to the values; empty if it lacks nobody.

    Who is missing is found much faster than the statement that bills would; mostly it is nobody.
    """
    missing = session.scalar(text(_NOT_BILLED.format(which=of_office)), values)
    if not missing:
        return ""
    if len(missing) > FEW:
        return of_office + NOT_YET
    values["worker_ids"] = missing
    return _OF_FEW + of_office + NOT_YET
