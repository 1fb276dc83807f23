"""Marking lists whose check or import never ended as failed, with a message for the user.

An import that has stored parts is not failed but paused: it goes on, or is cancelled.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.db import transaction
from agentsys.rosters import sponsored, storage
from agentsys.workers.models import Roster, RosterStatus

# A job works on a list in these states, or is about to.
OPEN = (
    RosterStatus.UPLOADED,
    RosterStatus.CHECKING,
    RosterStatus.WAITING,
    RosterStatus.RUNNING,
    RosterStatus.UNDOING,
)
_WITH_A_FILE = (*OPEN, RosterStatus.MAPPING, RosterStatus.CHECKED, RosterStatus.PROPOSED)
SYSTEM_FAULT = (
    "Impor berhenti karena gangguan sistem. Tidak ada pekerja yang masuk;"
    " unggah lagi berkas yang sama."
)
_GIVEN_UP = (
    "Impor ini berulang kali menghentikan sistem, jadi tidak dicoba lagi. Tidak ada pekerja yang"
    " masuk; simpan ulang berkasnya sebagai CSV, lalu unggah lagi."
)
_STOPPED = (
    "Impor berhenti di tengah karena gangguan. Yang sudah masuk tersimpan; lanjutkan impornya,"
    " atau batalkan agar semuanya ditarik kembali."
)
_STILL_THERE = "Pembatalan berhenti karena gangguan. Belum ada yang ditarik; coba lagi."
FILE_IS_GONE = "Berkas daftar ini tidak disimpan lagi. Unggah lagi berkas yang sama."
_LEFT_ALONE = timedelta(minutes=1)  # imports by command have no job and start at once


def fail(roster_id: int, reason: str) -> None:
    """Mark an open roster as failed, and delete its file; an entrypoint."""
    with transaction() as session:
        _fail_in(session, roster_id, reason)


def give_up(roster_id: int) -> None:
    """Mark a roster as failed whose job was given up; an entrypoint."""
    fail(roster_id, _GIVEN_UP)


def fail_abandoned(*, except_for: Collection[int]) -> None:
    """Mark open rosters without an import as failed, except those that have a job.

    An entrypoint: it opens its own transactions.
    """
    with transaction() as session:
        abandoned = session.execute(
            select(Roster.id, Roster.office_id).where(
                Roster.status.in_(OPEN),
                func.greatest(Roster.uploaded_at, Roster.proposed_at) < clock.now() - _LEFT_ALONE,
                Roster.id.not_in(except_for),
            )
        ).all()
    for roster_id, office_id in abandoned:
        with transaction() as session:
            # An import by command holds the office's lock, or waits for it.
            if session.scalar(
                select(func.pg_try_advisory_xact_lock(locks.OFFICE_ROSTER, office_id))
            ):
                _fail_in(session, roster_id, SYSTEM_FAULT)


def drop_old_files() -> None:
    """Delete the files of old rosters, and mark rosters as failed whose import never ended.

    An entrypoint: it opens its own transactions.
    """
    old = Roster.uploaded_at < clock.now() - storage.KEPT_FOR
    with transaction() as session:
        never_ended = session.scalars(
            select(Roster.id).where(old, Roster.status.in_(_WITH_A_FILE))
        ).all()
    for roster_id in never_ended:
        fail(roster_id, FILE_IS_GONE)
    with transaction() as session:
        storage.drop_old(session)


def _fail_in(session: Session, roster_id: int, reason: str) -> None:
    roster = session.get_one(Roster, roster_id, populate_existing=True, with_for_update=True)
    if roster.status not in _WITH_A_FILE:
        return
    if roster.status is RosterStatus.UNDOING:
        roster.status = RosterStatus.DONE if roster.finished_at else RosterStatus.PAUSED
        roster.error = reason = _STILL_THERE
    elif roster.batches_done:
        roster.status, roster.error = RosterStatus.PAUSED, _STOPPED
    else:
        storage.drop(session, roster_id)
        roster.status = RosterStatus.FAILED
        roster.error = reason[:500]
        roster.finished_at = clock.now()
        sponsored.give_up(session, roster, actor_id=None)
    session.flush()
    trail.record(
        session,
        actor_id=roster.uploaded_by,
        action="roster.failed",
        subject=f"roster:{roster_id}",
        details={"reason": reason[:500]},
    )
