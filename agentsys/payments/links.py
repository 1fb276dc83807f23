"""Pay links: a worker pays from a message, without signing in."""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.payments.models import PayLink
from agentsys.workers.models import Worker

VALID_FOR = timedelta(days=30)


def make_link(session: Session, *, worker_id: int, actor_id: int | None) -> PayLink:
    """A new link by which one worker's contributions can be paid."""
    if session.get(Worker, worker_id) is None:
        raise NotFound()
    moment = clock.now()
    link = PayLink(
        token=secrets.token_urlsafe(24),  # 32 characters
        worker_id=worker_id,
        created_by=actor_id,
        created_at=moment,
        expires_at=moment + VALID_FOR,
    )
    session.add(link)
    session.flush()
    return link


def find_link(session: Session, token: str) -> PayLink:
    """The link with this token while it is valid; NotFound says how to get a new one."""
    link = session.get(PayLink, token) if len(token) <= 40 and "\0" not in token else None
    if link is None or link.expires_at <= clock.now():
        raise NotFound("Tautan ini sudah tidak berlaku. Minta tautan baru kepada agen Anda.")
    return link
