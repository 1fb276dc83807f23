"""Searches for a NIK are recorded, and bounded, so that nobody tries out numbers."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.audit.models import AuditEvent
from agentsys.errors import Refused
from agentsys.people.models import User
from agentsys.search.finding import Found
from agentsys.workers.nik import mask

ACTION = "nik.searched"
HOUR = timedelta(hours=1)
MOST_BY_AGENT, MOST_BY_OFFICE = 30, 300  # in an hour


class TooManySearches(Refused):
    """The user looked for too many NIKs in the last hour."""

    text = (
        "Terlalu banyak pencarian NIK dalam satu jam. Cari dengan nama atau nomor KPJ, atau coba"
        " lagi nanti."
    )


def check(session: Session, user: User) -> None:
    """Refuse another search for a NIK if there were too many in the last hour."""
    made = session.scalar(
        select(func.count()).where(
            AuditEvent.subject == _subject(user),
            AuditEvent.action == ACTION,
            AuditEvent.at > clock.now() - HOUR,
        )
    )
    most = MOST_BY_AGENT if user.only_in_the_field else MOST_BY_OFFICE
    if (made or 0) >= most:
        raise TooManySearches()


def record(session: Session, user: User, *, digits: str, found: list[Found]) -> None:
    """Write who looked for which NIK to the audit trail; the number is masked."""
    trail.record(
        session,
        actor_id=user.id,
        action=ACTION,
        subject=_subject(user),
        details={"nik": mask(digits), "worker_ids": [worker.id for worker in found]},
    )


def _subject(user: User) -> str:
    return f"user:{user.id}"
