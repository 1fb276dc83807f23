"""Open work about workers' data: changes that wait for a second person."""

from __future__ import annotations

from sqlalchemy import select

from agentsys.changes.models import ChangeState, WorkerChange
from agentsys.people.models import Agent
from agentsys.work.columns import waiting
from agentsys.workers.models import Worker

PROPOSED = (
    waiting(
        "change.proposed",
        WorkerChange.id,
        since=WorkerChange.proposed_at,
        office_id=WorkerChange.office_id,
        agent_id=Worker.agent_id,
        worker_id=WorkerChange.worker_id,
        about=WorkerChange.reason,
        not_by=WorkerChange.proposed_by,
        nor_by=select(Agent.user_id).where(Agent.id == Worker.agent_id).scalar_subquery(),
    )
    .join(Worker, Worker.id == WorkerChange.worker_id)
    .where(WorkerChange.state == ChangeState.PROPOSED)
)
