"""Workers in a special state of membership, for tests of all pages."""

from __future__ import annotations

from agentsys import clock
from agentsys.changes import deciding
from agentsys.changes.models import WorkerChange
from agentsys.contributions import billing
from agentsys.months import add_months
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker
from tests.changes.steps import proposed
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


def changes(world: World) -> list[int]:
    """A proposed change with an effect on a bill, and one that was refused."""
    month = clock.this_month()
    found = [_change(world, income_idr=2_800_000), _change(world, name="Siti Aminah")]
    billing.ensure_billed(world.session, worker_id=found[0].worker_id, months=[month])
    deciding.refuse(
        world.session, change_id=found[1].id, note="KTP belum ada", actor_id=world.finance.id
    )
    return [change.id for change in found]


def _change(world: World, **values: object) -> WorkerChange:
    worker = make_worker(world.session, world.vault, agent=world.agent)
    by = world.agent.user
    assert by is not None
    return proposed(world.session, world.vault, worker, by, since=clock.this_month(), **values)
