"""Which agent a contribution is attributed to: the one who manages the worker, if any."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.workers.models import Worker


def present_owner() -> dict[str, Any]:
    """The new values of contributions that are open again: the worker may have moved meanwhile."""
    of_worker = Worker.id == Contribution.worker_id
    agent = select(Worker.agent_id).where(of_worker).scalar_subquery()
    office = select(Worker.office_id).where(of_worker).scalar_subquery()
    return {
        "agent_id": func.coalesce(agent, Contribution.agent_id),
        "office_id": func.coalesce(office, Contribution.office_id),
    }


def adopt_open_months(session: Session, *, office_id: int) -> None:
    """Attribute an office's open contributions without an agent to their workers' current agents.

    A list without an agent may be billed before a second list names the agent.
    """
    session.execute(
        update(Contribution)
        .where(
            Contribution.office_id == office_id,
            Contribution.agent_id.is_(None),
            Contribution.payment_id.is_(None),
            Contribution.worker_id == Worker.id,
            Worker.agent_id.is_not(None),
        )
        .values(agent_id=Worker.agent_id)
        .execution_options(synchronize_session=False)
    )
