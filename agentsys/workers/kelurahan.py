"""Which agent gets the workers of a kelurahan, by the office's table."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.people.models import Agent, AgentStatus
from agentsys.workers.kelurahan_models import KelurahanAgent


def key_of(name: str) -> str:
    """A kelurahan's name without capitals and blanks; empty for a blank cell."""
    return "".join(name.lower().split())


def agents_of(session: Session, office_id: int) -> dict[str, int]:
    """By key, the agents of the office who are active; they stay so until the transaction ends."""
    rows = session.execute(
        select(KelurahanAgent.key, Agent.id)
        .join(Agent, Agent.id == KelurahanAgent.agent_id)
        .where(
            KelurahanAgent.office_id == office_id,
            Agent.office_id == office_id,
            Agent.status == AgentStatus.ACTIVE,
        )
        .order_by(Agent.id, KelurahanAgent.key)
        .with_for_update(read=True, of=Agent)
    )
    return {key: agent_id for key, agent_id in rows}
