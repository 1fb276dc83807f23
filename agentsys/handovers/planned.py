"""Planned hand-overs: a job carries them out when their month begins."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.handovers import moving
from agentsys.handovers.models import Handover, HandoverState
from agentsys.handovers.planning import record

# Who has moved or got another agent since is left out.
_LEAVE_OUT = text("""
DELETE FROM handover_workers h
WHERE h.handover_id = :id AND NOT EXISTS (
    SELECT FROM workers w
    JOIN assignments a ON a.worker_id = w.id AND a.until_month IS NULL AND a.from_month = h.since
    WHERE w.id = h.worker_id AND w.agent_id = :from_agent_id AND w.office_id = :office_id
)
RETURNING h.worker_id
""")


def due(session: Session) -> list[int]:
    """The planned hand-overs whose month has begun."""
    query = select(Handover.id).where(
        Handover.state == HandoverState.PLANNED, Handover.from_month <= clock.this_month()
    )
    return list(session.scalars(query.order_by(Handover.id)))


def carry_out_due(session: Session, *, handover_id: int) -> Handover:
    """Carry out a planned hand-over; workers who left the agent meanwhile stay where they are."""
    handover = session.get_one(Handover, handover_id, with_for_update=True, populate_existing=True)
    if handover.state is not HandoverState.PLANNED:
        return handover
    left_out = session.scalars(_LEAVE_OUT, moving.values_of(handover)).all()
    if len(left_out) == handover.workers:
        handover.state = HandoverState.WITHDRAWN
        session.flush()
        record(session, handover, "withdrawn", None, left_out=list(left_out))
        return handover
    handover.workers -= len(left_out)
    if left_out:
        record(session, handover, "left_out", None, left_out=list(left_out))
    moving.move(session, handover, actor_id=None)
    return handover
