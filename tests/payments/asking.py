"""Asking a world's wallet as the jobs do."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from agentsys.payments import provider_calls
from agentsys.payments.provider_models import ProviderRequest
from tests.payments.world import World


def ask(world: World) -> int:
    """Ask all that is due, as a job does; how many questions that were."""
    world.session.commit()
    asked = 0
    while provider_calls.ask_next({world.wallet.name: world.wallet}):
        asked += 1
    world.session.expire_all()
    return asked


def next_try(world: World) -> datetime:
    """When the only question is asked next."""
    return world.session.scalars(select(ProviderRequest.next_try_at)).one()
