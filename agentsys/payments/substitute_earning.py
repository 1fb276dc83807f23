"""Who earns what a substitute collected: the agent on leave, unless a dated setting differs.

A month is its worker's agent's from the beginning, so only the other setting writes anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.months import HEAD_OFFICE
from agentsys.people import substitutes

_GIVE = text("""
UPDATE contributions c SET agent_id = p.agent_id
FROM payments p, substitutions s
WHERE p.id = ANY(:payments) AND c.payment_id = p.id AND c.agent_id <> p.agent_id
    AND s.agent_id = c.agent_id AND s.substitute_id = p.agent_id
    AND (p.created_at AT TIME ZONE :zone)::date BETWEEN s.from_on AND s.until_on
    AND (s.ended_at IS NULL OR p.created_at < s.ended_at)
""")


def attribute(session: Session, payment_ids: Sequence[int], *, at: datetime) -> None:
    """Attribute the months of these payments to the substitutes who collected them, if they earn.

    The day of asking for the money decides whether somebody was the substitute.
    """
    if substitutes.earns_itself(at.astimezone(HEAD_OFFICE).date()):
        session.execute(_GIVE, {"payments": list(payment_ids), "zone": HEAD_OFFICE.key})
