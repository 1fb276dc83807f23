"""Who left a sponsor's agreement and why, and who took their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.agreements.kinds import LeaveReason
from agentsys.reports.asked import Asked

# `until_month` is the first month that is not paid any more. A list that was undone moved nobody.
_LEFT = """
SELECT m.why_left AS reason, count(*) AS people, count(r.worker_id) AS replaced
FROM agreements g JOIN agreement_members m ON m.agreement_id = g.id
LEFT JOIN agreement_members r ON r.agreement_id = m.agreement_id
    AND r.replaces_id = m.worker_id AND r.why_left IS DISTINCT FROM 'undone'
WHERE g.office_id = :office_id AND (CAST(:agreement_id AS bigint) IS NULL OR g.id = :agreement_id)
    AND m.until_month BETWEEN :first AND :last AND m.why_left <> 'undone'
GROUP BY m.why_left ORDER BY count(*) DESC, m.why_left
"""


@dataclass(frozen=True, kw_only=True)
class Leaving:
    """How many people left for one reason in the months of a report, and how many were replaced."""

    reason: LeaveReason
    people: int
    replaced: int


def leaving(session: Session, asked: Asked) -> Sequence[Leaving]:
    """The reasons for which people left, the most frequent first."""
    return [
        Leaving(reason=LeaveReason(row.reason), people=row.people, replaced=row.replaced)
        for row in session.execute(text(_LEFT), asked.values())
    ]
