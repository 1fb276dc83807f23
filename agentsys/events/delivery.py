"""Delivery of committed events to plugins: at least once, and for each plugin by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta

import structlog
from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.events.models import EventDelivery
from agentsys.events.record import with_ids
from agentsys.extension.events import Event

log = structlog.get_logger("agentsys.events")

# How often it is stored what was delivered: after a crash so much is delivered again.
STORED_EVERY = timedelta(seconds=1)
LEASE = timedelta(minutes=2)  # after that, other workers may deliver the events of a killed one
RETRY_AFTER = [timedelta(seconds=s) for s in (10, 60, 300, 1800, 7200, 21600)]

Deliver = Callable[[Event, str], Mapping[str, Exception]]
Open = Callable[[], AbstractContextManager[Session]]


def deliver_waiting(transaction: Open, deliver: Deliver, *, limit: int = 200) -> int:
    """Deliver waiting events to the plugins; return the number of attempts.

    `deliver` gets an event and the name of one plugin (empty for all), and returns the
    exceptions of the plugins that failed. An entrypoint: no transaction is open while plugins run.
    """
    with transaction() as session:
        claimed = _claim(session, limit)
        events = with_ids(session, [event_id for event_id, _, _ in claimed])
    delivered: list[tuple[int, str]] = []
    store_at = clock.now() + STORED_EVERY
    try:
        for event_id, plugin, tries in claimed:
            failed = deliver(events[event_id], plugin)
            delivered.append((event_id, plugin))
            if failed or clock.now() >= store_at:
                _store(transaction, delivered, event_id, tries, failed)
                store_at = clock.now() + STORED_EVERY
    finally:
        _store(transaction, delivered)
    return len(claimed)


def _store(
    transaction: Open,
    delivered: list[tuple[int, str]],
    event_id: int = 0,
    tries: int = 0,
    failed: Mapping[str, Exception] | None = None,
) -> None:
    """Delete what was delivered, and empty the list; the plugins that failed get it again."""
    if not delivered:
        return
    key = tuple_(EventDelivery.event_id, EventDelivery.plugin)
    with transaction() as session:
        session.execute(delete(EventDelivery).where(key.in_(delivered)))
        _retry(session, event_id, tries, failed or {})
    delivered.clear()


def _claim(session: Session, limit: int) -> list[tuple[int, str, int]]:
    now = clock.now()
    key = tuple_(EventDelivery.event_id, EventDelivery.plugin)
    due = (
        select(EventDelivery.event_id, EventDelivery.plugin)
        .where(EventDelivery.next_try_at <= now)
        .order_by(EventDelivery.next_try_at, EventDelivery.event_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    claimed = session.execute(
        update(EventDelivery)
        .where(key.in_(due))
        .values(next_try_at=now + LEASE)
        .returning(EventDelivery.event_id, EventDelivery.plugin, EventDelivery.tries)
    )
    return sorted((row.event_id, row.plugin, row.tries) for row in claimed)


def _retry(session: Session, event_id: int, tries: int, failed: Mapping[str, Exception]) -> None:
    """Schedule another attempt for each plugin that failed."""
    for name, error in failed.items():
        told = log.bind(plugin=name, event_id=event_id, tries=tries + 1, error=repr(error))
        if tries >= len(RETRY_AFTER):
            told.error("plugin failed too often, it does not get this event")
            continue
        told.warning("plugin failed, it gets this event again")
        again = {"event_id": event_id, "plugin": name, "tries": tries + 1}
        session.execute(
            insert(EventDelivery)
            .values(**again, next_try_at=clock.now() + RETRY_AFTER[tries])
            .on_conflict_do_nothing()
        )
