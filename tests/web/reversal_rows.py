"""Cash receipts that are void or about to be, for offices in which every page shows something."""

from __future__ import annotations

from agentsys.payments import reversals
from agentsys.payments.reversal_models import ReversalWhy
from tests.factories import make_contribution, make_worker
from tests.payments.world import World


def reversal_rows(world: World) -> list[int]:
    """A cash receipt that is void, and one whose reversal waits."""
    session, agent, finance = world.session, world.agent, world.finance
    worker, found = world.worker, []
    for _ in range(2):
        world.worker = make_worker(session, world.vault, agent=agent)
        make_contribution(session, world.worker, world.months[0])
        reversal = reversals.propose(
            session,
            payment_id=world.collect(world.months[:1]).id,
            why=ReversalWhy.WRONG_WORKER,
            reason="Uangnya milik orang lain",
            actor_id=finance.id,
        )
        found.append(reversal.id)
    assert agent.supervisor_id is not None
    reversals.decide_reversal(
        session,
        reversal_id=found[0],
        action=reversals.ReversalAction.APPROVE,
        actor_id=agent.supervisor_id,
    )
    world.worker = worker
    return found
