"""Background jobs that wait for the day and hour of each office: billing, and reminders."""

from __future__ import annotations

import structlog

from agentsys.contributions import reminding, scheduling
from agentsys.db import in_transaction, transaction
from agentsys.errors import Refused

log = structlog.get_logger("agentsys.billing")


def bill_by_schedule() -> None:
    """Bill the offices whose day and hour have come; one that is refused is tried again later."""
    for office_id, month in in_transaction(scheduling.due):
        try:
            with transaction() as session:
                scheduling.bill_due(session, office_id=office_id, month=month)
        except Refused as refused:
            log.warning("billing waits", office=office_id, month=str(month), why=str(refused))


def remind_due() -> None:
    """Send the reminders that are due; uses one transaction for each office."""
    for office_id, month, stage in in_transaction(reminding.waiting):
        with transaction() as session:
            reminding.remind(session, office_id=office_id, month=month, stage=stage)
