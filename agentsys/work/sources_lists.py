"""Open work about lists of workers: those that failed, and those with refused rows."""

from __future__ import annotations

from sqlalchemy import and_, case, func, or_

from agentsys.rosters.storage import KEPT_FOR
from agentsys.work.columns import NOW, waiting
from agentsys.workers.models import Roster, RosterStatus

# Refused rows are an item until they are deleted, or marked as dealt with.
LISTS = waiting(
    case(
        (Roster.status == RosterStatus.FAILED, "list.failed"),
        else_="list.refused",
    ),
    Roster.id,
    since=Roster.uploaded_at,
    office_id=Roster.office_id,
    agent_id=Roster.agent_id,
    about=Roster.filename,
).where(
    Roster.handled_at.is_(None),
    or_(
        Roster.status == RosterStatus.FAILED,
        and_(Roster.status == RosterStatus.DONE, Roster.rejected > 0),
    ),
    Roster.uploaded_at > NOW - KEPT_FOR,
)

# Lists that change registered people: whoever sent one, or asked for its import, does not decide.
PROPOSED = waiting(
    "list.proposed",
    Roster.id,
    since=Roster.proposed_at,
    office_id=Roster.office_id,
    agent_id=Roster.agent_id,
    about=Roster.filename,
    not_by=Roster.uploaded_by,
    nor_by=Roster.proposed_by,
).where(Roster.status == RosterStatus.PROPOSED)

# Lists that wait for their senders, or for somebody else who may send lists of the office.
UNFINISHED = waiting(
    "list.unfinished",
    Roster.id,
    since=func.coalesce(Roster.decided_at, Roster.uploaded_at),
    office_id=Roster.office_id,
    agent_id=Roster.agent_id,
    about=Roster.filename,
).where(Roster.status.in_((RosterStatus.MAPPING, RosterStatus.CHECKED, RosterStatus.PAUSED)))
