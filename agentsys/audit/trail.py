"""The audit trail: record who did what, and detect changed or removed events.

Recording an event waits for nobody. Within seconds a job adds ("seals") each new event to a chain
of hashes. Until then, only the list of unsealed events can show that an event was removed. The
chain itself cannot show that its newest seals were removed, or that all of it was rewritten: for
that, keep a copy of its head (the newest hash) in another system.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from sqlalchemy import column, delete, exists, func, insert, literal, select, table
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit.models import AuditEvent, AuditSeal, AuditUnsealed

_GENESIS = bytes(32)
_PAGE = 5_000
_CONTENT = (
    AuditEvent.at,
    AuditEvent.actor_id,
    AuditEvent.action,
    AuditEvent.subject,
    AuditEvent.details,
)
# Tables with an office: what is about one of their rows concerns that office.
_WITH_AN_OFFICE = {
    "worker": "workers",
    "agent": "agents",
    "user": "users",
    "roster": "rosters",
    "remittance": "remittances",
    "handover": "handovers",
    "sponsor": "sponsors",
    "agreement": "agreements",
    "bill": "bills",
}
_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


def record(
    session: Session, *, actor_id: int | None, action: str, subject: str, details: Mapping[str, Any]
) -> AuditEvent:
    """Append an audit event, in the caller's transaction."""
    event = AuditEvent(
        at=clock.now(),
        actor_id=actor_id,
        action=action,
        subject=subject,
        details=json.loads(json.dumps(details, default=str)),
        office_id=_office_of(subject, actor_id),
    )
    session.add(event)
    session.flush()
    return event


def _office_of(subject: str, actor_id: int | None) -> Any:
    """SQL for the office of what an event is about, or else of who acted.

    The tables belong to packages above this one, so they are named and not imported.
    """
    kind, _, number = subject.partition(":")
    found: list[Any] = []
    if kind in _WITH_AN_OFFICE and number.isdecimal():
        owner = table(_WITH_AN_OFFICE[kind], column("id"), column("office_id"))
        found.append(select(owner.c.office_id).where(owner.c.id == int(number)).scalar_subquery())
    if kind == "office" and number.isdecimal():
        found.append(literal(int(number)))
    if actor_id is not None:
        users = table("users", column("id"), column("office_id"))
        found.append(select(users.c.office_id).where(users.c.id == actor_id).scalar_subquery())
    return func.coalesce(*found) if found else None


def seal(session: Session, *, limit: int = _PAGE) -> int:
    """Seal up to `limit` unsealed events, oldest first; return the number of sealed events.

    Only transactions that seal wait for each other. An event that a slow transaction commits late
    is sealed after events with higher ids.
    """
    session.execute(select(func.pg_advisory_xact_lock(locks.TRAIL_SEALING)))
    newest = session.execute(
        select(AuditSeal.number, AuditSeal.hash).order_by(AuditSeal.number.desc()).limit(1)
    ).first()
    number, previous = (newest.number, newest.hash) if newest else (0, _GENESIS)
    events = session.execute(
        select(AuditEvent.id, *_CONTENT)
        .join(AuditUnsealed, AuditUnsealed.event_id == AuditEvent.id)
        .order_by(AuditEvent.id)
        .limit(limit)
    ).all()
    rows = []
    for event in events:
        number += 1
        link = _hash_of(event, previous)
        rows.append({"number": number, "event_id": event.id, "previous": previous, "hash": link})
        previous = link
    if rows:
        session.execute(insert(AuditSeal), rows)
        sealed = [row["event_id"] for row in rows]
        session.execute(delete(AuditUnsealed).where(AuditUnsealed.event_id.in_(sealed)))
    return len(rows)


def broken_links(session: Session, *, after: int = 0) -> list[int]:
    """Ids of events that were changed or removed; none when all is well.

    Only seals after number `after` are checked, because earlier ones were checked before. Events
    that were removed before they were sealed are always found.
    """
    broken = _removed_before_sealing(session)
    trusted = session.get(AuditSeal, after) if after else None
    previous, number = (trusted.hash, trusted.number) if trusted else (_GENESIS, 0)
    chained = (
        select(AuditSeal.number, AuditSeal.event_id, AuditSeal.previous, AuditSeal.hash, *_CONTENT)
        .outerjoin(AuditEvent, AuditEvent.id == AuditSeal.event_id)
        .order_by(AuditSeal.number)
        .limit(_PAGE)
    )
    while True:
        page = session.execute(chained.where(AuditSeal.number > number)).all()
        for link in page:
            follows = link.number == number + 1 and link.previous == previous
            removed = link.at is None
            if not follows or removed or link.hash != _hash_of(link, previous):
                broken.append(link.event_id)
            previous, number = link.hash, link.number
        if len(page) < _PAGE:
            return broken


def sealed_up_to(session: Session) -> int:
    """The number of the newest seal; 0 if there is none."""
    return session.scalar(select(func.max(AuditSeal.number))) or 0


def length(session: Session) -> int:
    """The number of audit events."""
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0


def head(session: Session) -> str:
    """The last sealed event's id and hash, `1234:ab12…`; empty if nothing is sealed yet."""
    newest = session.execute(
        select(AuditSeal.event_id, AuditSeal.hash).order_by(AuditSeal.number.desc()).limit(1)
    ).first()
    return f"{newest.event_id}:{newest.hash.hex()}" if newest else ""


def holds(session: Session, head: str) -> bool:
    """Whether the chain still contains this earlier head, unchanged."""
    match = _HEAD.fullmatch(head)
    if match is None:
        return False
    sealed = AuditSeal.event_id == int(match[1]), AuditSeal.hash == bytes.fromhex(match[2])
    return bool(session.scalar(select(exists().where(*sealed))))


def _removed_before_sealing(session: Session) -> list[int]:
    missing = select(AuditUnsealed.event_id).where(
        ~exists().where(AuditEvent.id == AuditUnsealed.event_id)
    )
    return list(session.scalars(missing.order_by(AuditUnsealed.event_id)))


def _hash_of(event: Any, previous: bytes) -> bytes:
    content = [
        event.at.astimezone(UTC).isoformat(timespec="microseconds"),
        event.actor_id,
        event.action,
        event.subject,
        event.details,
    ]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(previous + text.encode()).digest()
