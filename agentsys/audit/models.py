"""The trail's one table."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import BigId, Model, text_of


class AuditEvent(Model):
    """One deed; its hash covers the deed and the hash before it."""

    __tablename__ = "audit_events"

    id: Mapped[BigId]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]  # no foreign key: the trail outlives the user
    action: Mapped[str] = mapped_column(text_of(60))
    subject: Mapped[str] = mapped_column(text_of(80))
    details: Mapped[dict[str, Any]]
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (Index(None, "subject", "id"),)
