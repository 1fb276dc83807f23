"""Taking an import back: whom it created is removed, and whom it changed is as before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.contributions.holding_off import hold_off_billing
from agentsys.db import transaction
from agentsys.errors import Conflict, Invalid
from agentsys.events import record as events
from agentsys.extension.events import ListUndone
from agentsys.rosters import sponsored, storage, undo_sql
from agentsys.rosters.transitions import RosterAction, opened
from agentsys.workers.models import Roster, RosterStatus

_PATIENCE = "SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '1min'"
_IN_THE_WAY = (
    "Sebagian pekerja dari daftar ini sudah dipakai, jadi impornya tidak dapat ditarik. Lihat"
    " sebabnya di halaman penarikan; data yang diubah tetap dapat dikembalikan."
)


@dataclass(frozen=True)
class Dependent:
    """Something that rests on workers of a list, and of how many."""

    what: str  # a table; "workers": somebody changed their data
    workers: int


@dataclass(frozen=True)
class Undone:
    """What was taken back."""

    removed: int  # workers
    restored: int  # workers of whom fields went back
    staying: int  # of these, those of whom somebody changed a field after the list


def in_the_way(session: Session, roster_id: int) -> Sequence[Dependent]:
    """What rests on the workers that a list created; nothing if the list can be taken back."""
    roster = session.get_one(Roster, roster_id)
    if roster.workers_after is None:
        return []
    values = _values(roster)
    removed = [*undo_sql.REMOVED, "roster_changes"]
    if roster.version_id is not None:
        removed += undo_sql.OF_ITS_VERSION
    tables = session.execute(text(undo_sql.TABLES), {"removed": removed}).all()
    statements = [undo_sql.NAMED.format(table=table, column=column) for table, column in tables]
    # A worker whom another list changed cannot be removed either.
    statements.append(undo_sql.NAMED.format(table="roster_changes", column="worker_id"))
    found: dict[str, int] = {}
    for statement in (*statements, *undo_sql.TOUCHED):
        for what, workers in session.execute(text(statement), values):
            found[what] = max(found.get(what, 0), workers)
    return [Dependent(what, workers) for what, workers in sorted(found.items()) if workers]


def can_be_undone(roster: Roster) -> bool:
    """False for lists from before imports kept what they changed."""
    return roster.workers_after is not None


def ask_undo(session: Session, *, roster_id: int, reason: str, actor_id: int) -> RosterStatus:
    """Have a whole import taken back; the caller queues it. Conflict if something rests on it."""
    roster, _ = opened(session, roster_id, RosterAction.UNDO, actor_id)
    reason = _reason(reason)
    if not can_be_undone(roster):
        raise Conflict("Daftar ini diimpor sebelum penarikan dapat dilakukan.")
    if in_the_way(session, roster_id):
        raise Conflict(_IN_THE_WAY)
    sponsored.check_take_back(session, roster)
    roster.status = RosterStatus.UNDOING
    roster.undone_by, roster.undo_reason, roster.error = actor_id, reason, ""
    session.flush()
    _record(session, roster, "roster.undo_asked", actor_id, reason=reason)
    return roster.status


def restore_changes(session: Session, *, roster_id: int, reason: str, actor_id: int) -> Undone:
    """Give the registered workers whom a finished list changed the values they had before.

    A field that somebody changed after the list stays. New workers stay too.
    """
    roster, _ = opened(session, roster_id, RosterAction.UNDO, actor_id)
    reason = _reason(reason)
    _hold(session, roster)
    done = _restore(session, roster)
    _record(
        session, roster, "roster.restored", actor_id, reason=reason, restored=done.restored,
        staying=done.staying,
    )  # fmt: skip
    return done


def undo(roster_id: int) -> None:
    """Take back what a list stored, if that was asked for; an entrypoint that can be repeated.

    If something has come to rest on its workers meanwhile, nothing is taken back, and `error`
    says so.
    """
    with transaction() as session:
        session.execute(text(_PATIENCE))
        roster = session.get_one(Roster, roster_id, with_for_update=True, populate_existing=True)
        if roster.status is not RosterStatus.UNDOING:
            return
        _hold(session, roster)
        finished = roster.finished_at is not None
        if in_the_way(session, roster_id):
            roster.status = RosterStatus.DONE if finished else RosterStatus.PAUSED
            roster.error = _IN_THE_WAY
            return
        sponsored.take_back(session, roster)
        restored = _restore(session, roster)
        removed = _remove(session, roster)
        storage.drop(session, roster_id)
        roster.status = RosterStatus.UNDONE if finished else RosterStatus.CANCELLED
        roster.undone_at, roster.error = clock.now(), ""
        session.flush()
        figures = {"removed": removed, "restored": restored.restored, "staying": restored.staying}
        _record(session, roster, "roster.undone", roster.undone_by, **figures)
        events.record(
            session,
            ListUndone(
                office_id=roster.office_id,
                roster_id=roster_id,
                removed=removed,
                restored=restored.restored,
            ),
            actor_id=roster.undone_by,
        )


def _hold(session: Session, roster: Roster) -> None:
    """Lock the office's lists, billing, and the workers of the list."""
    session.execute(select(func.pg_advisory_xact_lock(locks.OFFICE_ROSTER, roster.office_id)))
    hold_off_billing(session)
    session.execute(text(undo_sql.LOCK), _values(roster))


def _restore(session: Session, roster: Roster) -> Undone:
    values = _values(roster)
    staying = session.execute(text(undo_sql.STAYING), values).scalar_one()
    session.execute(text(undo_sql.FREE_MONTHS), values)
    for statement in (undo_sql.END_MEMBERSHIPS, undo_sql.END_ASSIGNMENTS):
        session.execute(text(statement), values)
    restored = session.execute(text(undo_sql.RESTORE), values).rowcount  # type: ignore[attr-defined]
    session.execute(text(undo_sql.MARK), values)
    return Undone(0, restored, staying)


def _remove(session: Session, roster: Roster) -> int:
    if roster.workers_after is None:
        return 0
    values = _values(roster)
    session.execute(text(undo_sql.ALLOW), values)
    for statement in (*undo_sql.REMOVE, undo_sql.REMOVE_PAIRS):
        session.execute(text(statement), values)
    removed = session.execute(text(undo_sql.REMOVE_WORKERS), values)
    return int(removed.rowcount)  # type: ignore[attr-defined]


def _values(roster: Roster) -> dict[str, Any]:
    return {
        "roster_id": roster.id,
        "workers_after": roster.workers_after or 0,
        "workers_until": roster.workers_until or 0,
        "from_month": roster.from_month,
        "programmes": roster.programmes.value,
        "funding": roster.funding.value,
        "agent_id": roster.agent_id,
        "now": clock.now(),
    }


def _reason(text_of_it: str) -> str:
    reason = " ".join(text_of_it.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasan menarik kembali daftar ini.", about="reason")
    return reason


def _record(
    session: Session, roster: Roster, action: str, actor_id: int | None, **details: object
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=action,
        subject=f"roster:{roster.id}",
        details=details,
    )
