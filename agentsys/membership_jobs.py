"""Background jobs of memberships, and of workers who may be recorded twice."""

from __future__ import annotations

import structlog
from sqlalchemy import text

from agentsys.changes import planned
from agentsys.db import transaction
from agentsys.duplicates import finding
from agentsys.errors import Refused
from agentsys.memberships import lapsing
from agentsys.runtime import runtime
from agentsys.sponsors import endings

SHORT_RUN = 5 * finding.LOT  # workers; the nightly run takes all

log = structlog.get_logger("agentsys.changes")


def lapse_memberships() -> None:
    """End the memberships that lapsed, in lots; each run makes up what earlier ones missed."""
    after: int | None = 0
    while after is not None:
        with transaction() as session:
            _, after = lapsing.lapse(session, after=after)


def end_agreements() -> None:
    """End the agreements of sponsors whose last month is over."""
    with transaction() as session:
        waiting = endings.due(session)
    for agreement_id in waiting:
        with transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = '5min'"))
            endings.end_due(session, agreement_id=agreement_id)


def find_duplicates_soon() -> None:
    """Compare some of the workers who are new or were changed with all others."""
    _find_duplicates(most=SHORT_RUN)


def find_duplicates() -> None:
    """Compare all workers who are new or were changed, such as those of a large list."""
    _find_duplicates(most=None)


def _find_duplicates(*, most: int | None) -> None:
    taken, more = 0, True
    while more and (most is None or taken < most):
        with transaction() as session:
            session.execute(text("SET LOCAL statement_timeout = '1min'"))
            found = finding.check_waiting(session, vault=runtime().vault)
        taken, more = taken + found, found > 0


def make_planned_changes() -> None:
    """Make the planned changes whose month has begun; one that is refused is tried again later."""
    with transaction() as session:
        waiting = planned.due(session)
    for change_id in waiting:
        try:
            with transaction() as session:
                planned.make_due(session, change_id=change_id)
        except Refused as refused:
            log.warning("change waits", change_id=change_id, why=str(refused))
