"""Marking a list that failed or has refused rows as dealt with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, NotFound
from agentsys.workers.models import Roster, RosterStatus


def mark_handled(session: Session, *, roster_id: int, actor_id: int) -> Roster:
    """Mark the list as dealt with; Conflict while it is imported. Repeating it changes nothing."""
    roster = session.get(Roster, roster_id, with_for_update=True, populate_existing=True)
    if roster is None:
        raise NotFound()
    if roster.status in (RosterStatus.WAITING, RosterStatus.RUNNING):
        raise Conflict("Daftar ini belum selesai diimpor. Tunggu sampai selesai.")
    if roster.handled_at is None:
        roster.handled_at, roster.handled_by = clock.now(), actor_id
        session.flush()
        trail.record(
            session,
            actor_id=actor_id,
            action="roster.handled",
            subject=f"roster:{roster_id}",
            details={"rejected": roster.rejected},
        )
    return roster
