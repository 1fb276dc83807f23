"""Tables of events and of their delivery to plugins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import BigId, Model, text_of


class StoredEvent(Model):
    """Something that happened; its kind says which fields `data` has."""

    __tablename__ = "events"

    id: Mapped[BigId]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(text_of(40))
    # No foreign keys: writing events must be fast, and no query follows these references.
    office_id: Mapped[int | None]
    agent_id: Mapped[int | None]
    worker_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    data: Mapped[dict[str, Any]]

    __table_args__ = (
        Index(None, "worker_id", "id", postgresql_where="worker_id IS NOT NULL"),
        Index(None, "agent_id", "id", postgresql_where="agent_id IS NOT NULL"),
        Index(None, "office_id", "id"),
    )


class EventDelivery(Model):
    """An event that plugins have not received yet; the row is deleted when they have."""

    __tablename__ = "event_deliveries"

    event_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("events.id"), primary_key=True, autoincrement=False
    )
    plugin: Mapped[str] = mapped_column(text_of(60), primary_key=True)  # empty: to all of them
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime] = mapped_column(index=True)
