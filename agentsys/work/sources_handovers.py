"""Open work about hand-overs: for another office to decide, or not carried out in their month."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Date, DateTime, cast, exists, func, select

from agentsys.handovers.models import Handover, HandoverState, HandoverWorker
from agentsys.people.models import Agent, AgentStatus
from agentsys.work.columns import NOW, waiting
from agentsys.workers.models import Worker

# A supervisor of the receiving office sees it if an agent of the team gets workers.
_receiving = (
    select(func.min(HandoverWorker.to_agent_id))
    .where(HandoverWorker.handover_id == Handover.id)
    .scalar_subquery()
)
PROPOSED_HANDOVERS = (
    waiting(
        "handover.proposed",
        Handover.id,
        since=Handover.made_at,
        office_id=Handover.to_office_id,
        agent_id=_receiving,
        about=Agent.name,
        not_by=Handover.made_by,
    )
    .select_from(Handover)
    .join(Agent, Agent.id == Handover.from_agent_id)
    .where(Handover.state == HandoverState.PROPOSED)
)
_begun = cast(Handover.from_month, DateTime(timezone=True))
STUCK_HANDOVERS = (
    waiting(
        "handover.stuck",
        Handover.id,
        since=_begun,
        office_id=Handover.office_id,
        agent_id=Handover.from_agent_id,
        about=Agent.name,
    )
    .select_from(Handover)
    .join(Agent, Agent.id == Handover.from_agent_id)
    .where(
        Handover.state == HandoverState.PLANNED,
        Handover.from_month < cast(NOW - timedelta(days=1), Date),
    )
)

# Nobody collects from the workers of an agent who ended.
LEFT_WORKERS = (
    waiting(
        "agent.left_workers",
        Agent.id,
        since=func.coalesce(
            cast(Agent.ended_on, DateTime(timezone=True)),
            cast(Agent.joined_on, DateTime(timezone=True)),
        ),
        office_id=Agent.office_id,
        agent_id=Agent.id,
        about=Agent.name,
    )
    .select_from(Agent)
    .where(Agent.status == AgentStatus.LEFT, exists().where(Worker.agent_id == Agent.id))
)
