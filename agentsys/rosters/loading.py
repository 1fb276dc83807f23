"""Comparing batches of a list with registered workers, and loading them into their tables.

A check and an import go the same way; a check leaves out the statements that write to workers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum, auto
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.rosters import adding, grouping, sql
from agentsys.rosters import known as registered_people
from agentsys.rosters.copying import NOTHING, copy_notes, copy_rows
from agentsys.rosters.grouping import Whole
from agentsys.rosters.people import COLUMNS, Batch, Entry
from agentsys.rosters.problems import Effect, Note
from agentsys.rosters.seen import Place
from agentsys.workers.columns import NAMES
from agentsys.workers.models import Funding, Programmes

MOST_EXAMPLES = 50  # of people who would be created; those who would be changed are all stored
_CELLS = COLUMNS.split(", ")
_SHOWN = {name: _CELLS.index(name) for name in ("nik_masked", "name", *NAMES) if name in _CELLS}


class Mode(Enum):
    """How much of a batch is done."""

    CHECK = auto()  # nothing is written to workers; the changes are recorded
    AS_CHECKED = auto()  # what the check recorded, and nothing else
    AT_ONCE = auto()  # everything, without a check before


@dataclass(frozen=True)
class Target:
    """The target of the import: office, agent, month and package."""

    roster_id: int
    office_id: int
    agent_id: int | None
    programmes: Programmes
    funding: Funding
    from_month: date
    as_of: date
    mode: Mode
    others: list[int] = field(default_factory=list)  # agents whose workers must not be changed
    heirs_by: int | None = None  # the user who records the heirs of new workers
    version_id: int | None = None  # of a sponsor's list: it decides who becomes a member
    whole: Whole = field(default_factory=Whole)
    actor_id: int | None = None
    by_kelurahan: bool = False  # without an agent: new workers get the one of their kelurahan

    def values(self) -> dict[str, Any]:
        """The statement parameters."""
        now = clock.now()
        return {
            "roster_id": self.roster_id,
            "office_id": self.office_id,
            "agent_id": self.agent_id,
            "programmes": self.programmes.value,
            "funding": self.funding.value,
            "from_month": self.from_month,
            "as_of": self.as_of,
            "others": self.others,
            "heirs_by": self.heirs_by,
            "version_id": self.version_id,
            "now": now,
            "applied_at": None if self.mode is Mode.CHECK else now,
        }


@dataclass
class Tally:
    """The number of rows so far by their outcome."""

    rows: int = 0
    accepted: int = 0
    repaired: int = 0
    created: int = 0
    changed: int = 0
    nobody: int = 0  # lines that are about nobody
    hidden: int = 0  # rows that were not taken because they are hidden
    notes: int = 0
    first: int = 0  # the highest worker id before the part
    newest: int = 0  # and after each batch
    newer_lists: bool = False  # whether the office has lists with newer data
    refused: dict[Place, Note] = field(default_factory=dict)  # why a row was refused here
    examples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        """Rows that were not taken."""
        return self.rows - self.accepted

    @property
    def unchanged(self) -> int:
        """Accepted rows that changed nothing."""
        return self.accepted - self.created - self.changed


def begin(session: Session, target: Target, tally: Tally) -> None:
    """Prepare the transaction for batches."""
    for statement in (*sql.PLANS, sql.TEMPORARY):
        session.execute(text(statement))
    tally.first = tally.newest = session.execute(text(sql.NEWEST)).scalar_one()
    tally.newer_lists = session.execute(text(sql.NEWER), target.values()).scalar_one()


def load(session: Session, *, target: Target, batch: Batch, tally: Tally) -> None:
    """Load a batch and count it; raises a database error if a NIK was registered meanwhile."""
    notes = list(batch.notes)
    refused: set[int] = set()
    if batch.entries:
        found = _load_people(session, target, batch, tally)
        refusals = {note.row: note for note in found if note.effect is Effect.REFUSED}
        tally.refused |= {(batch.sheet, row): note for row, note in refusals.items()}
        refused |= refusals.keys()
        notes += found
    for repeat, original in batch.repeats:
        if why := tally.refused.get(original):
            # A repeated row has the same outcome as the first one.
            notes[notes.index(repeat)] = replace(
                why, sheet=repeat.sheet, row=repeat.row, shown=repeat.shown
            )
            refused.add(repeat.row)
    tally.rows += batch.rows
    tally.accepted += len(batch.entries) + len(batch.repeats) - len(refused)
    tally.repaired += len(batch.repaired - refused)
    tally.nobody += getattr(batch, "nobody", 0)
    tally.hidden += getattr(batch, "hidden", 0)
    tally.notes = copy_notes(session, target.roster_id, notes, after=tally.notes)


def _load_people(session: Session, target: Target, batch: Batch, tally: Tally) -> list[Note]:
    known = registered_people.known(session, batch)
    notes: list[Note] = []
    new = []
    for entry in batch.entries:
        if entry.nik_index in known:
            continue
        if entry.doubts:
            notes += _doubts(entry, target)
            if any(note.refuses for note in entry.doubts):
                continue
        new.append(entry)
    if new:
        _add(session, target, batch.sheet, new, tally)
    if known:
        registered = [entry for entry in batch.entries if entry.nik_index in known]
        notes += _compare(session, target, batch.sheet, registered, tally)
    return notes


def _doubts(entry: Entry, target: Target) -> list[Note]:
    """The notes about a new worker; the sector makes no difference where a budget pays."""
    priced = target.funding in (Funding.SELF, Funding.CSR)
    return [note for note in entry.doubts if priced or note.problem != "sector_suggested"]


def _add(session: Session, target: Target, sheet: str, new: list[Entry], tally: Tally) -> None:
    tally.created += len(new)
    if target.mode is Mode.CHECK:
        wanted = MOST_EXAMPLES - len(tally.examples)
        tally.examples += [_example(sheet, entry) for entry in new[:wanted]]
        return
    tally.newest = adding.add(session, target, new, now=clock.now())


def _example(sheet: str, entry: Entry) -> dict[str, Any]:
    cells = entry.line.split("\t")
    return {"sheet": sheet, "row": entry.row} | {name: cells[at] for name, at in _SHOWN.items()}


def _compare(
    session: Session, target: Target, sheet: str, registered: list[Entry], tally: Tally
) -> list[Note]:
    session.execute(text("TRUNCATE incoming"))
    places = grouping.cells(session, registered, target)
    copy_rows(
        session,
        f"COPY incoming (row, {COLUMNS}, income_idr, ecosystem, group_id) FROM STDIN",
        (
            f"{entry.row}\t{entry.line}\t"
            f"{NOTHING if entry.income_idr is None else entry.income_idr}\t"
            f"{places[entry.place]}\n"
            for entry in registered
        ),
    )
    values = target.values() | {"sheet": sheet}
    registered_people.compare_under_present_niks(session)
    if target.mode is not Mode.CHECK:
        session.execute(text(sql.LOCK))
    for statement in (sql.KEEP_NAMES, sql.COMPARE, sql.AGAIN):
        session.execute(text(statement), values)
    if tally.newer_lists:
        session.execute(text(sql.OLDER), values)
    tally.changed += _write(session, target, values)
    if target.version_id is not None:
        session.execute(text(sql.NAME_KNOWN), values)
    return _remarks(session, sheet, {entry.row for entry in registered if entry.suggests})


def _write(session: Session, target: Target, values: dict[str, Any]) -> int:
    """Record, or do, what the batch changes; the number of registered workers whom it changes."""
    if target.mode is Mode.AS_CHECKED:
        session.execute(text(sql.UNSEEN), values)
        touched = session.execute(text(sql.APPLIED), values).scalar_one()
    else:
        touched = session.execute(text(sql.RECORD), values).scalar_one()
    if target.mode is not Mode.CHECK and touched:
        session.execute(text(sql.CHANGE), values)
    return int(touched)


# The problems of the flags, in the order of `sql.REFUSING` and `sql.TELLING`.
_REFUSING = (
    "other_office",
    "nik_of_another",
    "registered_dead",
    "duplicate_differs",
    "changed_since_check",
)
_TELLING = (
    *("older_list", "name_on_file_differs", "sex_on_file_differs", "birth_date_on_file_differs"),
    *("sector_on_file_differs", "other_agent", "enrolled_otherwise", "membership_again"),
)


def _remarks(session: Session, sheet: str, suggesting: set[int]) -> list[Note]:
    notes = []
    for row, masked, other_team, *flags in session.execute(text(sql.REMARKS)):
        refusing, telling = flags[: len(_REFUSING)], flags[len(_REFUSING) :]
        found = [name for name, flag in zip(_REFUSING, refusing, strict=True) if flag]
        if found:
            elsewhere = found[0] == "other_office" and other_team
            notes.append(_note(sheet, row, "other_team" if elsewhere else found[0], masked))
            continue
        for name, flag in zip(_TELLING, telling, strict=True):
            if flag and (name != "sector_on_file_differs" or row in suggesting):
                notes.append(_note(sheet, row, name, masked))
    return notes


def _note(sheet: str, row: int, problem: str, shown: str) -> Note:
    return Note(sheet, row, "NIK", problem, shown)
