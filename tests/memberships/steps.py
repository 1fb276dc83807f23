"""What happens to members in tests of memberships."""

from __future__ import annotations

import secrets
from datetime import date

from sqlalchemy.orm import Session

from agentsys.payments.cash import collect
from agentsys.payments.models import Payment
from agentsys.people.models import Agent
from agentsys.plugins.cash import Cash
from agentsys.workers.models import Worker


def take_cash(session: Session, worker: Worker, months: list[date]) -> Payment:
    """The worker's agent takes cash for months that were billed."""
    agent = session.get_one(Agent, worker.agent_id)
    assert agent.user_id is not None
    return collect(
        session,
        key=secrets.token_hex(16),
        channel=Cash(),
        worker_id=worker.id,
        months=months,
        actor_id=agent.user_id,
        agent_id=agent.id,
    )
