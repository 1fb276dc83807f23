"""Running through the batches of a list: a check in one transaction, an import in parts."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.orm import Session

from agentsys import clock, locks
from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.events import record as events
from agentsys.extension.events import ListImported
from agentsys.planning import count_anew
from agentsys.rosters import sponsored, sql
from agentsys.rosters.loading import Mode, Tally, Target, begin, load
from agentsys.rosters.looking import without_samples
from agentsys.rosters.people import Batch
from agentsys.rosters.problems import Note
from agentsys.workers.models import Roster, RosterChange, RosterCheck, RosterNote, RosterStatus

# A part is committed with its place in the list, so that a killed import goes on after it. A larger
# one saves little, and holds the office's lock for longer.
PART_ROWS = 20_000
# A large list takes minutes, more than the time limits of pages allow.
_PATIENCE = (
    "SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '15min';"
    " SET LOCAL idle_in_transaction_session_timeout = '5min'"
)
_SHOWN_EVERY_S = 0.25  # on the page; more often than people look
COUNTS = (
    *("accepted", "rejected", "repaired", "created", "changed", "unchanged", "nobody", "hidden"),
)
_STORED = ("accepted", "repaired", "created", "changed", "nobody", "hidden")
_RUNNING = {
    Mode.CHECK: RosterStatus.CHECKING,
    Mode.AS_CHECKED: RosterStatus.RUNNING,
    Mode.AT_ONCE: RosterStatus.RUNNING,
}

Progress = Callable[[int, int, str], None]


class Stopped(Exception):
    """The list was paused or cancelled meanwhile, or another process has ended it."""


@dataclass
class _Run:
    target: Target
    progress: Progress
    tally: Tally = field(default_factory=Tally)
    stored: int = 0  # batches of this process or an earlier one that are committed
    shown_at: float = 0.0
    began_at: float = field(default_factory=time.monotonic)
    began_with: int = 0  # rows that were stored before this process began

    @property
    def rows_per_second(self) -> int:
        """How fast this process works, without the time that a list waited for people."""
        seconds = max(time.monotonic() - self.began_at, 1.0)
        return round((self.tally.rows - self.began_with) / seconds)

    @property
    def part_rows(self) -> int:
        """After how many rows a part is committed."""
        return PART_ROWS if self.target.mode is Mode.AS_CHECKED else sys.maxsize


def run(target: Target, batches: Iterator[Batch], progress: Progress) -> None:
    """Check or store all batches; Stopped if somebody stops the list, with nothing half stored."""
    running = _Run(target, progress)
    with transaction() as session:
        count_anew(session, sql.COMPARED)
    numbered = enumerate(batches, start=1)
    waiting = next(numbered, None)
    while waiting is not None:
        with transaction() as session:
            _take_hold(session, running)
            waiting = _part(session, running, numbered, waiting)
            if waiting is None:
                _finish(session, target, running.tally)
    progress(running.tally.rows, running.tally.rows, "done")


def _part(
    session: Session, running: _Run, numbered: Iterator[tuple[int, Batch]], first: tuple[int, Batch]
) -> tuple[int, Batch] | None:
    """Store one part; the first batch after it, if there is one."""
    target, tally = running.target, running.tally
    waiting: tuple[int, Batch] | None = first
    most = min(tally.rows + running.part_rows, sys.maxsize)
    number = running.stored
    while waiting is not None and tally.rows < most:
        number, batch = waiting
        if number > running.stored:
            load(session, target=target, batch=batch, tally=tally)
            _show(running, batch.expected)
        waiting = next(numbered, None)
    if waiting is not None:
        _keep_place(session, target, tally, number)
    running.stored = number
    return waiting


def _take_hold(session: Session, running: _Run) -> None:
    """Lock the office, and begin where the last part ended."""
    target = running.target
    session.execute(text(_PATIENCE))
    # Two lists of one office would wait for each other at single rows; so one goes first.
    session.execute(select(func.pg_advisory_xact_lock(locks.OFFICE_ROSTER, target.office_id)))
    roster = session.get_one(Roster, target.roster_id, populate_existing=True)
    if roster.status is not _RUNNING[target.mode]:
        raise Stopped
    if target.mode is not Mode.AS_CHECKED or roster.batches_done == 0:
        _forget(session, target)
        running.stored, running.tally = 0, Tally()
    elif roster.batches_done != running.stored:
        running.stored, running.tally = roster.batches_done, _tally_of(session, roster)
        running.began_with = running.tally.rows
    begin(session, target, running.tally)


def _forget(session: Session, target: Target) -> None:
    """Remove the notes of the check, or of a check that was interrupted."""
    if target.version_id is not None:
        session.execute(text(sql.FORGET_NAMED), {"version_id": target.version_id})
    session.execute(delete(RosterNote).where(RosterNote.roster_id == target.roster_id))
    if target.mode is Mode.CHECK:
        session.execute(delete(RosterChange).where(RosterChange.roster_id == target.roster_id))
        session.execute(delete(RosterCheck).where(RosterCheck.roster_id == target.roster_id))


def _tally_of(session: Session, roster: Roster) -> Tally:
    """The counts of the parts that are stored, also those that another process stored."""
    refused = session.execute(
        select(RosterNote.sheet, RosterNote.row, RosterNote.column, RosterNote.problem,
               RosterNote.shown)
        .where(RosterNote.roster_id == roster.id, RosterNote.rejected)
    )  # fmt: skip
    notes = [Note(*columns, refuses=True) for columns in refused]
    return Tally(
        rows=roster.accepted + roster.rejected,
        notes=roster.notes_done,
        refused={(note.sheet, note.row): note for note in notes},
        **{name: getattr(roster, name) for name in COUNTS if name not in ("rejected", "unchanged")},
    )


def _keep_place(session: Session, target: Target, tally: Tally, number: int) -> None:
    """Store how far the import is; last in its transaction, as people may stop it meanwhile."""
    kept = session.execute(
        update(Roster)
        .where(Roster.id == target.roster_id, Roster.status == _RUNNING[target.mode])
        .values(
            batches_done=number,
            workers_after=func.coalesce(Roster.workers_after, tally.first),
            workers_until=tally.newest,
            notes_done=tally.notes,
            rows_done=tally.rows,
            **{name: getattr(tally, name) for name in COUNTS},
        )
        .execution_options(synchronize_session=False)
    )
    if kept.rowcount != 1:  # type: ignore[attr-defined]
        raise Stopped


def _show(running: _Run, expected: int) -> None:
    target, tally = running.target, running.tally
    if time.monotonic() - running.shown_at >= _SHOWN_EVERY_S:
        # On another connection, because the import's transaction is not visible before its end.
        with db.engine.begin() as connection:
            # The progress may be lost in a crash; waiting for the disk would slow the import.
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            shown = connection.execute(
                update(Roster)
                .where(Roster.id == target.roster_id, Roster.status == _RUNNING[target.mode])
                .values(
                    rows_done=tally.rows,
                    rows_total=expected,
                    rows_per_second=running.rows_per_second,
                )
            )
        if shown.rowcount != 1:
            raise Stopped
        running.shown_at = time.monotonic()
    running.progress(tally.rows, expected, "checking" if target.mode is Mode.CHECK else "saving")


def _finish(session: Session, target: Target, tally: Tally) -> None:
    roster = session.get_one(Roster, target.roster_id, populate_existing=True, with_for_update=True)
    if roster.status is not _RUNNING[target.mode]:
        raise Stopped
    roster.rows_total = roster.rows_done = tally.rows
    for name in COUNTS:
        setattr(roster, name, getattr(tally, name))
    roster.error = ""
    if target.mode is Mode.CHECK:
        _finish_check(session, roster, tally)
    else:
        _finish_import(session, roster, tally)


def _finish_check(session: Session, roster: Roster, tally: Tally) -> None:
    shown = ("rows", "accepted", "created", "changed", "rejected", "repaired", "nobody", "hidden")
    session.add(
        RosterCheck(
            roster_id=roster.id,
            examples=tally.examples,
            **{name: getattr(tally, name) for name in shown},
        )
    )
    roster.status = RosterStatus.CHECKED
    session.flush()
    trail.record(
        session,
        actor_id=roster.uploaded_by,
        action="roster.checked",
        subject=f"roster:{roster.id}",
        details={name: getattr(tally, name) for name in shown},
    )


def _finish_import(session: Session, roster: Roster, tally: Tally) -> None:
    figures = {name: getattr(tally, name) for name in COUNTS[:6]}
    roster.status = RosterStatus.DONE
    roster.finished_at = clock.now()
    if roster.workers_after is None:
        roster.workers_after = tally.first
    roster.workers_until = tally.newest
    sponsored.apply(session, roster)
    # The samples are of people, and nobody has to choose columns any more.
    roster.sheets = without_samples(roster.sheets)
    session.flush()
    trail.record(
        session,
        actor_id=roster.uploaded_by,
        action="roster.imported",
        subject=f"roster:{roster.id}",
        details=figures,
    )
    events.record(
        session,
        ListImported(
            office_id=roster.office_id,
            roster_id=roster.id,
            accepted=tally.accepted,
            rejected=tally.rejected,
            created=tally.created,
            changed=tally.changed,
        ),
        actor_id=roster.uploaded_by,
    )
