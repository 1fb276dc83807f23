"""When each agent last enrolled a worker or was paid: noted each night."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.months import HEAD_OFFICE

_NOTE = text("""
UPDATE agents a SET active_on = f.day
FROM (
    SELECT x.id, greatest(
        x.joined_on, x.active_on,
        (SELECT max(y.settled_at AT TIME ZONE 'Asia/Jakarta')::date FROM payments y
            WHERE y.agent_id = x.id AND y.created_at >= :year_ago),
        (SELECT max(least(s.from_month, CAST(:today AS date))) FROM assignments s JOIN enrolments e
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
    moment = clock.now()
    session.execute(
        _NOTE,
        {
            "today": moment.astimezone(HEAD_OFFICE).date(),
            "year_ago": moment - timedelta(days=366),
        },
    )
