"""The trail: record a deed, and prove that no deed was changed or removed.

The chain alone cannot show that its newest events were removed, or that all of it was made anew; a
copy of its head that is kept elsewhere can.
"""

from __future__ import annotations

import hashlib
import json
import re
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
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


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


def length(session: Session) -> int:
    """How many events the trail has."""
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def head(session: Session) -> str:
    """The newest event's id and hash, `1234:ab12…`; empty as long as there is none."""
    newest = session.execute(
        select(AuditEvent.id, AuditEvent.hash).order_by(AuditEvent.id.desc()).limit(1)
    ).first()
    return f"{newest.id}:{newest.hash.hex()}" if newest else ""


def holds(session: Session, head: str) -> bool:
    """Whether the event that once was the head is still there, and with it all before it."""
    match = _HEAD.fullmatch(head)
    found = session.get(AuditEvent, int(match[1])) if match else None
    return match is not None and found is not None and found.hash.hex() == match[2]


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
