"""Tables of the audit trail: the events, those that are not sealed yet, and the seals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import BigId, Model, text_of

# Acts that show whole NIKs: one by one, or in a file.
WHOLE_NIKS = ("nik.revealed", "remittance.exported", "roster.rejects_downloaded")


class AuditEvent(Model):
    """An action of a person or a job; append-only."""

    __tablename__ = "audit_events"

    id: Mapped[BigId]
    at: Mapped[datetime]
    actor_id: Mapped[int | None]  # no foreign key: the event stays when the user is gone
    action: Mapped[str] = mapped_column(text_of(60))
    subject: Mapped[str] = mapped_column(text_of(80))
    details: Mapped[dict[str, Any]]
    # Of what the event is about, or else of who acted; None for what concerns all offices. The seal
    # does not cover it.
    office_id: Mapped[int | None]

    __table_args__ = (
        Index(None, "subject", "id"),
        Index(None, "at", "id"),
        Index(None, "office_id", "at", "id"),
        Index(None, "actor_id", "at", "id"),
        Index("ix_audit_events_area", text("split_part(action, '.', 1)"), "at", "id"),
        Index(
            "ix_audit_events_whole_niks",
            "at",
            "actor_id",
            postgresql_where=text(f"action IN {WHOLE_NIKS!r}"),
        ),
    )


class AuditUnsealed(Model):
    """An event that has no seal yet; a trigger adds the row with the event."""

    __tablename__ = "audit_unsealed"

    # No foreign key: a row without its event shows that the event was removed.
    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)


class AuditSeal(Model):
    """One link of the chain: its hash covers an event and the hash of the seal before it."""

    __tablename__ = "audit_seals"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    event_id: Mapped[int] = mapped_column(unique=True)
    previous: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
