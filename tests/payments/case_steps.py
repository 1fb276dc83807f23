"""Opening and closing a payment's case, and what is left in the books."""

from __future__ import annotations

from sqlalchemy import select

from agentsys.errors import Refused
from agentsys.ledger import journal
from agentsys.payments.case_closing import close_case
from agentsys.payments.models import Case, Resolution
from agentsys.remittances.batches import make_batch
from tests.payments.world import World


def opened(world: World) -> Case:
    """The only open case."""
    return world.session.scalars(select(Case).where(Case.closed_at.is_(None))).one()


def decide(world: World, resolution: Resolution) -> None:
    """Close the only open case."""
    close_case(
        world.session,
        case_id=opened(world).id,
        actor_id=world.finance.id,
        note="Sudah diperiksa",
        resolution=resolution,
    )


def left(world: World) -> dict[str, int]:
    """The accounts that are not at zero, the worker's without the number."""
    return {
        account.replace(f"worker:{world.worker.id}", "worker"): held
        for account, held in journal.balances(world.session).items()
        if held
    }


def remits(world: World) -> bool:
    """Whether finance can make a batch now."""
    nested = world.session.begin_nested()
    try:
        make_batch(world.session, office_id=world.agent.office_id, actor_id=world.finance.id)
    except Refused:
        return False
    finally:
        nested.rollback()
    return True
