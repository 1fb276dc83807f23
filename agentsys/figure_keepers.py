"""The job that updates the stored figures of large offices."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.commissions import estimates, uncomputed
from agentsys.contributions import collected
from agentsys.contributions import queries as billed
from agentsys.db import transaction
from agentsys.remittances import queries as remittances
from agentsys.runtime import runtime
from agentsys.workers import registry


def _keep_estimates(session: Session) -> None:
    estimates.keep(session, runtime().registry.commission_lines)


# The first one says which offices are large.
KEEPERS: tuple[Callable[[Session], None], ...] = (
    registry.keep,
    collected.keep,
    billed.keep,
    remittances.keep,
    uncomputed.keep,
    _keep_estimates,
)


def keep_figures() -> None:
    """Update the stored counts and sums of large offices."""
    for keep in KEEPERS:
        with transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = '5min'"))
            keep(session)
