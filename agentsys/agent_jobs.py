"""Background jobs about agents: hand-overs, when each was last active, trials of rates."""

from __future__ import annotations

import structlog

from agentsys.commissions import rates_trial
from agentsys.db import transaction
from agentsys.errors import Refused
from agentsys.handovers import planned
from agentsys.papers import activity
from agentsys.runtime import runtime

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


def try_rates(rates_id: int) -> None:
    """Compute what proposed commission rates would have changed."""
    registry = runtime().registry
    rates_trial.run(
        transaction,
        rates_id=rates_id,
        hook=registry.commission_lines,
        rules=list(registry.rules.values()),
    )
