"""Workers in a special state of membership, for tests of all pages."""

from __future__ import annotations

from agentsys import clock
from agentsys.months import add_months
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker
from tests.factories import make_worker
from tests.payments.world import World


def who_left(world: World) -> Worker:
    """A worker whose membership has ended."""
    month = clock.this_month()
    worker = make_worker(
        world.session, world.vault, agent=world.agent, enrolled_from=add_months(month, -2)
    )
    enrolment = world.session.get_one(Enrolment, (worker.id, add_months(month, -2)))
    enrolment.until_month, enrolment.end_reason = month, EndReason.WISHED
    enrolment.ended_at = clock.now()
    world.session.flush()
    return worker
