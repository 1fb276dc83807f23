"""Background jobs about agents: planned hand-overs, and when each was last active."""

from __future__ import annotations

import structlog

from agentsys.db import transaction
from agentsys.errors import Refused
from agentsys.handovers import planned
from agentsys.papers import activity

log = structlog.get_logger("agentsys.handovers")


def carry_out_handovers() -> None:
    """Carry out the planned hand-overs that are due; one that is refused is tried again later."""
    with transaction() as session:
        waiting = planned.due(session)
    for handover_id in waiting:
        try:
            with transaction() as session:
                planned.carry_out_due(session, handover_id=handover_id)
        except Refused as refused:
            log.warning("hand-over waits", handover_id=handover_id, why=str(refused))


def note_activity() -> None:
    """Note when each agent last enrolled a worker or was paid."""
    with transaction() as session:
        activity.note(session)
