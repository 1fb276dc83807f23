"""Callbacks in the database, and what their processing gives."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from agentsys.payments import callback_store, callbacks
from agentsys.payments.models import Outcome, StoredCallback
from tests.payments.provider import DictPay, callback_for
from tests.payments.world import World


def store(world: World, reference: str, channel: str = "dictpay", extra: bytes = b"") -> int:
    """Store an authentic callback."""
    callback = callback_for(reference)
    callback = type(callback)(headers=callback.headers, body=callback.body + extra)
    return callback_store.store(
        world.session, channel=channel, callback=callback, reference=reference
    )


def process(world: World, **channels: DictPay) -> Counter[Outcome | None]:
    """Process one batch, as the job does."""
    world.session.commit()
    return callbacks.process_waiting(channels or {"dictpay": world.wallet})


def rows(world: World) -> list[StoredCallback]:
    """All stored callbacks."""
    world.session.expire_all()
    return list(world.session.scalars(select(StoredCallback).order_by(StoredCallback.id)))
