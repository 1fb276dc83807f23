"""Writing and reading events."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, insert, literal, select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.events.models import EventDelivery, StoredEvent
from agentsys.extension.events import KINDS, Event, Happened
from agentsys.many import insert_all

_OF_WHOM = ("office_id", "agent_id", "worker_id")

# One statement, because events are written on the path that settles payments.
_INSERT = text("""
    WITH happened AS (
        INSERT INTO events (at, kind, office_id, agent_id, worker_id, actor_id, data)
        VALUES (:at, :kind, :office_id, :agent_id, :worker_id, :actor_id, CAST(:data AS jsonb))
        RETURNING id
    )
    INSERT INTO event_deliveries (event_id, plugin, tries, next_try_at)
    SELECT id, '', 0, :at FROM happened
""")


def record(session: Session, what: Happened, *, actor_id: int | None = None) -> None:
    """Write an event in the caller's transaction; plugins receive it after the commit."""
    values = _values(what)
    data = json.dumps(values["data"], default=date.isoformat)
    session.execute(_INSERT, values | {"data": data, "actor_id": actor_id})


def record_all(session: Session, events: Sequence[Happened]) -> None:
    """Write events that nobody in particular caused, in one statement of the caller's."""
    if not events:
        return
    happened = insert_all(StoredEvent, [_values(what) for what in events])
    ids = happened.returning(StoredEvent.id).cte("happened")
    waiting = select(ids.c.id, literal(""), literal(0), literal(clock.now()))
    session.execute(
        insert(EventDelivery).from_select(["event_id", "plugin", "tries", "next_try_at"], waiting)
    )


def _values(what: Happened) -> dict[str, Any]:
    values = dataclasses.asdict(what)
    of_whom = {name: values.pop(name) for name in _OF_WHOM}
    return of_whom | {"at": clock.now(), "kind": what.kind, "data": values}


def of_worker(
    session: Session, *, worker_id: int, before: int | None = None, limit: int = 50
) -> list[Event]:
    """What happened to a worker, newest first, from before the event with that id."""
    return _newest(session, StoredEvent.worker_id == worker_id, before=before, limit=limit)


def of_agent(
    session: Session, *, agent_id: int, before: int | None = None, limit: int = 50
) -> list[Event]:
    """Events of an agent and of the agent's workers, newest first."""
    return _newest(session, StoredEvent.agent_id == agent_id, before=before, limit=limit)


def with_ids(session: Session, ids: Sequence[int]) -> dict[int, Event]:
    """The events with these ids."""
    found = session.scalars(select(StoredEvent).where(StoredEvent.id.in_(ids)))
    return {stored.id: as_event(stored) for stored in found}


def as_event(stored: StoredEvent) -> Event:
    """The typed value of a stored event."""
    kind = KINDS[stored.kind]
    of_whom = {name: getattr(stored, name) for name in _OF_WHOM}
    hints = typing.get_type_hints(kind)
    data = {name: _typed(value, hints.get(name)) for name, value in stored.data.items()}
    return Event(id=stored.id, at=stored.at, actor_id=stored.actor_id, what=kind(**of_whom, **data))


def _typed(value: Any, wanted: Any) -> Any:
    return date.fromisoformat(value) if wanted is date else value


def _newest(
    session: Session, condition: ColumnElement[bool], *, before: int | None, limit: int
) -> list[Event]:
    found = select(StoredEvent).where(condition).order_by(StoredEvent.id.desc()).limit(limit)
    if before is not None:
        found = found.where(StoredEvent.id < before)
    return [as_event(stored) for stored in session.scalars(found)]
