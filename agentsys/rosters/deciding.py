"""Importing what a check showed: by the sender alone, or after a second person approved it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid
from agentsys.people import agent_rules, second_person
from agentsys.people.agent_rules import Rule
from agentsys.people.models import User
from agentsys.rosters import sponsored, storage
from agentsys.rosters.transitions import RosterAction, opened
from agentsys.workers.models import Roster, RosterCheck, RosterStatus


def needs_second_person(
    check: RosterCheck, *, day: date | None = None, over_ceiling: bool = False
) -> bool:
    """Whether somebody else than the sender must approve the import of what the check shows.

    `over_ceiling`: whether the list exceeds what its sponsor agreed to.
    """
    alone = agent_rules.setting(Rule.LIST_ALONE_CHANGES, day or clock.now().date())
    return over_ceiling or check.changed > alone.value


def ask_import(
    session: Session, *, roster_id: int, actor_id: int, over_ceiling: bool = False
) -> RosterStatus:
    """Import what was checked; the new state: it waits for its job, or for a second person.

    The caller queues the import if the list is `waiting`. Invalid if nothing would happen.
    """
    roster, to = opened(session, roster_id, RosterAction.IMPORT, actor_id)
    check = session.get_one(RosterCheck, roster_id)
    if check.created + check.changed == 0 and roster.version_id is None:
        raise Invalid(
            "Daftar ini tidak menambah atau mengubah siapa pun, jadi tidak perlu diimpor."
        )
    sponsored.check_ceiling(session, roster, created=check.created)
    roster.proposed_by, roster.proposed_at = actor_id, clock.now()
    roster.decided_by = roster.decided_at = None
    roster.decision_note = ""
    if needs_second_person(check, over_ceiling=over_ceiling):
        roster.status = RosterStatus.PROPOSED
        return _recorded(session, roster, "roster.proposed", actor_id, changed=check.changed)
    roster.status = to
    return _recorded(session, roster, "roster.released", actor_id, changed=check.changed)


def approve(
    session: Session, *, roster_id: int, actor_id: int, seen: datetime | None = None
) -> RosterStatus:
    """Approve the import as a second person; the caller queues it. Forbidden to who sent it.

    `seen` is when the check was made that the person looked at; Conflict if there is a later one.
    """
    roster = _decided(session, roster_id, RosterAction.APPROVE, actor_id)
    check = session.get_one(RosterCheck, roster_id, populate_existing=True)
    if seen is not None and seen != check.checked_at:
        raise Conflict("Daftar ini diperiksa lagi sejak Anda melihatnya. Lihat hasilnya dulu.")
    return _recorded(session, roster, "roster.approved", actor_id)


def refuse(session: Session, *, roster_id: int, note: str, actor_id: int) -> RosterStatus:
    """Return a list to who sent it, with a note; it stays checked. Forbidden to who sent it."""
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis alasan mengembalikan, agar pengirim tahu.", about="note")
    roster = _decided(session, roster_id, RosterAction.REFUSE, actor_id)
    roster.decision_note = note
    return _recorded(session, roster, "roster.returned", actor_id, reason=note)


def pause(session: Session, *, roster_id: int, actor_id: int) -> RosterStatus:
    """Stop an import after the part that is being stored; what it stored stays."""
    roster, to = opened(session, roster_id, RosterAction.PAUSE, actor_id)
    roster.status = to
    return _recorded(session, roster, "roster.paused", actor_id)


def resume(session: Session, *, roster_id: int, actor_id: int) -> RosterStatus:
    """Let a paused import go on where it was; the caller queues it."""
    roster, to = opened(session, roster_id, RosterAction.RESUME, actor_id)
    roster.status = to
    roster.error = ""
    return _recorded(session, roster, "roster.resumed", actor_id)


def cancel(session: Session, *, roster_id: int, actor_id: int) -> RosterStatus:
    """Give a list up. If parts of it are stored it is `undoing`: the caller queues that."""
    roster, to = opened(session, roster_id, RosterAction.CANCEL, actor_id)
    roster.undone_by, roster.undo_reason = actor_id, ""
    if roster.batches_done:
        roster.status = RosterStatus.UNDOING
    else:
        roster.status, roster.undone_at = to, clock.now()
        sponsored.give_up(session, roster, actor_id=actor_id)
        storage.drop(session, roster_id)
    return _recorded(session, roster, "roster.cancelled", actor_id)


def _decided(session: Session, roster_id: int, action: RosterAction, actor_id: int) -> Roster:
    roster, to = opened(session, roster_id, action, actor_id)
    if actor_id in (roster.uploaded_by, roster.proposed_by):
        raise Forbidden("Anda yang mengirim daftar ini, jadi orang lain yang memutuskan.")
    first = (roster.uploaded_by, roster.proposed_by)
    second_person.check(session, second=session.get_one(User, actor_id), first_ids=first)
    roster.status, roster.decided_by, roster.decided_at = to, actor_id, clock.now()
    return roster


def _recorded(
    session: Session, roster: Roster, action: str, actor_id: int, **details: object
) -> RosterStatus:
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action=action,
        subject=f"roster:{roster.id}",
        details=details,
    )
    return roster.status
