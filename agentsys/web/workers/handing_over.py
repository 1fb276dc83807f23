"""From a worker's page to the hand-over of this worker."""

from __future__ import annotations

from flask import url_for
from flask_security import current_user
from sqlalchemy.orm import Session

from agentsys.handovers import choosing
from agentsys.people.permissions import Permission


def hand_over_url(session: Session, worker_id: int) -> str:
    """The form that moves this worker to another agent; empty for who may not."""
    if not current_user.can(Permission.HANDOVER_MAKE):
        return ""
    agent_id = choosing.agent_of(session, current_user, worker_id=worker_id)
    if agent_id is None:
        return ""
    return url_for("supervisor.new_handover", agent_id=agent_id, pekerja=worker_id)
