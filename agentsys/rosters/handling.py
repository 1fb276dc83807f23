"""Marking a list that failed or has refused rows as dealt with."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, NotFound
from agentsys.people.models import User
from agentsys.rosters.transitions import may_work_on
from agentsys.workers.models import Roster, RosterStatus


def mark_handled(session: Session, *, roster_id: int, actor_id: int) -> Roster:
    """Mark the list as dealt with; Conflict while it is imported.

    Forbidden to who may not send such lists. Repeating it changes nothing.
    """
    roster = session.get(Roster, roster_id, with_for_update=True, populate_existing=True)
    actor = session.get(User, actor_id)
    if roster is None or actor is None:
        raise NotFound()
    if not may_work_on(actor, roster.version_id):
        raise Forbidden()
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
