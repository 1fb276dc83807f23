"""People who void a cash receipt."""

from __future__ import annotations

from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import CashReversal, ReversalWhy
from agentsys.payments.reversals import ReversalAction, decide_reversal, propose
from tests.payments.world import World


def proposal(
    world: World,
    payment: Payment,
    actor_id: int | None = None,
    to_worker_id: int | None = None,
) -> CashReversal:
    """The agent, or this person, proposes to void the receipt of a payment."""
    by = world.agent.user_id if actor_id is None else actor_id
    assert by is not None
    return propose(
        world.session,
        payment_id=payment.id,
        why=ReversalWhy.WRONG_WORKER,
        reason="Uangnya milik Budi, bukan Siti",
        actor_id=by,
        to_worker_id=to_worker_id,
    )


def decide(
    world: World,
    reversal: CashReversal,
    actor_id: int | None = None,
    action: ReversalAction = ReversalAction.APPROVE,
) -> CashReversal:
    """The agent's supervisor, or this person, decides."""
    by = world.agent.supervisor_id if actor_id is None else actor_id
    assert by is not None
    return decide_reversal(world.session, reversal_id=reversal.id, action=action, actor_id=by)


def void(world: World, payment: Payment) -> CashReversal:
    """One proposes and another approves."""
    return decide(world, proposal(world, payment))
