"""The trail: record a deed, and prove that no deed was changed or removed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent

_GENESIS = bytes(32)
_LOCK = 7_301_001  # any number that no other advisory lock uses
_PAGE = 5_000


def record(
    session: Session, *, actor_id: int | None, action: str, subject: str, details: Mapping[str, Any]
) -> AuditEvent:
    """Append a deed to the trail, in the caller's transaction.

    Writers wait for each other from here until they commit, so record last.
    """
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    newest = select(AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)
    previous = session.scalar(newest) or _GENESIS
    event = AuditEvent(
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        subject=subject,
        details=json.loads(json.dumps(details, default=str)),
        previous=previous,
    )
    event.hash = _hash_of(event)
    session.add(event)
    session.flush()
    return event


def broken_links(session: Session) -> list[int]:
    """Ids of events that were changed, or that follow a removed one; none when all is well."""
    previous, broken, after = _GENESIS, [], 0
    while True:
        page = session.scalars(
            select(AuditEvent).where(AuditEvent.id > after).order_by(AuditEvent.id).limit(_PAGE)
        ).all()
        for event in page:
            if event.previous != previous or event.hash != _hash_of(event):
                broken.append(event.id)
            previous, after = event.hash, event.id
        if len(page) < _PAGE:
            return broken


def _hash_of(event: AuditEvent) -> bytes:
    content = [
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor_id,
        event.action,
        event.subject,
        event.details,
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(event.previous + text.encode()).digest()
