"""Reading the audit trail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One audit event."""

    id: int
    at: datetime
    actor_id: int | None  # None for a job or a gateway
    action: str
    details: Mapping[str, Any]


def about(session: Session, subject: str, *, limit: int = 50) -> Sequence[Recorded]:
    """What was recorded about a subject such as `worker:7`, newest first."""
    rows = session.execute(
        select(
            AuditEvent.id,
            AuditEvent.at,
            AuditEvent.actor_id,
            AuditEvent.action,
            AuditEvent.details,
        )
        .where(AuditEvent.subject == subject)
        .order_by(AuditEvent.id.desc())
        .limit(limit)
    )
    return [Recorded(**row._mapping) for row in rows]
