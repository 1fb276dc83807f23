"""When each agent last enrolled a worker or was paid: noted each night."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

_NOTE = text("""
UPDATE agents a SET active_on = f.day
FROM (
    SELECT x.id, greatest(
        x.joined_on, x.active_on,
        (SELECT max(y.settled_at AT TIME ZONE 'Asia/Jakarta')::date FROM payments y
            WHERE y.agent_id = x.id AND y.created_at >= now() - interval '1 year'),
        (SELECT max(least(s.from_month, current_date)) FROM assignments s JOIN enrolments e
            ON e.worker_id = s.worker_id AND e.from_month = s.from_month
            WHERE s.agent_id = x.id)
    ) AS day
    FROM agents x WHERE x.status = 'active'
) AS f
WHERE a.id = f.id AND a.active_on IS DISTINCT FROM f.day
""")


def note(session: Session) -> None:
    """Bring `agents.active_on` up to date."""
    session.execute(text("SET LOCAL statement_timeout = '10min'"))
    session.execute(_NOTE)
