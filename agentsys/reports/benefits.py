"""What BPJS paid to families and workers in the months of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.benefits.models import ClaimKind
from agentsys.reports.asked import Asked

_PAID = """
SELECT k.kind, count(*) AS claims, sum(k.amount_idr) AS amount_idr FROM claims k
WHERE k.office_id = :office_id AND k.state = 'paid' AND k.paid_on >= :first AND k.paid_on < :until
    AND {whose}
GROUP BY k.kind ORDER BY k.kind
"""
# Whoever the agreement paid for in the month in which it happened.
_MEMBERS = """
EXISTS (SELECT FROM agreement_members m WHERE m.agreement_id = :agreement_id
    AND m.worker_id = k.worker_id AND m.from_month <= k.happened_on
    AND coalesce(m.until_month, date 'infinity') > date_trunc('month', k.happened_on)
    AND m.why_left IS DISTINCT FROM 'undone')
"""


@dataclass(frozen=True, kw_only=True)
class BenefitSum:
    """The claims of one kind that BPJS paid in the months of a report."""

    kind: ClaimKind
    claims: int
    amount_idr: int


def paid(session: Session, asked: Asked) -> Sequence[BenefitSum]:
    """The kinds with paid claims; by the day on which BPJS paid."""
    whose = "true" if asked.agreement_id is None else _MEMBERS
    rows = session.execute(text(_PAID.format(whose=whose)), asked.values())
    return [
        BenefitSum(kind=ClaimKind(row.kind), claims=row.claims, amount_idr=int(row.amount_idr))
        for row in rows
    ]
