"""A day's work in a network: agents collect a month from some of their workers."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from agentsys.clock import now
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.payments import cash
from agentsys.runtime import runtime

# One worker of each agent who owes the newest month and no other.
_OWING = text(
    """
    SELECT owing.worker_id, owing.agent_id, agents.user_id
    FROM agents CROSS JOIN LATERAL (
        SELECT c.worker_id, c.agent_id FROM contributions c
        WHERE c.agent_id = agents.id AND c.month = :month AND c.payment_id IS NULL
            AND NOT EXISTS (
                SELECT FROM contributions o WHERE o.worker_id = c.worker_id
                    AND o.payment_id IS NULL AND o.month < c.month
            )
        LIMIT 1
    ) owing
    ORDER BY agents.id
    """
)


def collect(month: date, *, most: int = 300) -> int:
    """Collect that month in cash from as many workers; how many paid. Within the app's context."""
    with db.engine.connect() as connection:
        owing = connection.execute(_OWING, {"month": month}).all()
    channel = runtime().registry.channels["cash"]
    paid = 0
    for worker_id, agent_id, user_id in owing:
        if paid == most:
            break
        try:
            with transaction() as session:
                cash.collect(
                    session,
                    key=f"day-{now():%Y%m%d%H%M%S}-{worker_id}",
                    channel=channel,
                    worker_id=worker_id,
                    months=[month],
                    actor_id=user_id,
                    agent_id=agent_id,
                )
        except Refused:  # the agent holds too much cash already
            continue
        paid += 1
    return paid
