"""Background jobs that nobody waits for: sealing closed months, destroying what is too old."""

from __future__ import annotations

from sqlalchemy import text

from agentsys.closing import closings
from agentsys.db import in_transaction, transaction
from agentsys.retention import destroying


def seal_months() -> None:
    """Seal the months that were locked by a process that could not seal them."""
    for closing_id in in_transaction(closings.unsealed):
        with transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = 0"))
            closings.seal(session, closing_id=closing_id)


def destroy_old() -> None:
    """Destroy what is kept no longer, in lots, each with its record."""
    destroying.destroy_old(transaction, by="job")
