"""Loading batches of a roster into the tables of workers: one COPY and some statements each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.rosters import known as registered_people
from agentsys.rosters import sql
from agentsys.rosters.people import COLUMNS, Batch, Entry
from agentsys.rosters.problems import PROBLEMS, Effect, Note
from agentsys.rosters.seen import Place
from agentsys.workers.models import Funding, Programmes

# BPJS' lowest base for JKK and JHT: the assumed income if none was given.
LOWEST_INCOME_IDR = 1_000_000


@dataclass(frozen=True)
class Target:
    """The target of the import: office, agent, month and package."""

    roster_id: int
    office_id: int
    agent_id: int | None
    programmes: Programmes
    funding: Funding
    from_month: date
    others: list[int] = field(default_factory=list)  # agents whose workers must not be changed

    def values(self) -> dict[str, Any]:
        """The statement parameters."""
        return {
            "roster_id": self.roster_id,
            "office_id": self.office_id,
            "agent_id": self.agent_id,
            "programmes": self.programmes.value,
            "funding": self.funding.value,
            "from_month": self.from_month,
            "others": self.others,
            "now": clock.now(),
        }


@dataclass
class Tally:
    """The number of rows so far by their outcome."""

    rows: int = 0
    accepted: int = 0
    repaired: int = 0
    created: int = 0
    changed: int = 0
    notes: int = 0
    newest: int = 0  # the highest worker id at the start, and after each batch
    refused: dict[Place, Note] = field(default_factory=dict)  # why a row was refused here

    @property
    def rejected(self) -> int:
        """Rows that were not taken."""
        return self.rows - self.accepted

    @property
    def unchanged(self) -> int:
        """Accepted rows that changed nothing."""
        return self.accepted - self.created - self.changed


def begin(session: Session) -> Tally:
    """Prepare the transaction for batches; return an empty tally."""
    for statement in (*sql.PLANS, sql.TEMPORARY):
        session.execute(text(statement))
    return Tally(newest=session.execute(text(sql.NEWEST)).scalar_one())


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
    _copy_notes(session, target.roster_id, notes, tally)


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
        _add(session, target, new, tally)
    if known:
        registered = [entry for entry in batch.entries if entry.nik_index in known]
        notes += _compare(session, target, batch.sheet, registered, tally)
    return notes


def _doubts(entry: Entry, target: Target) -> list[Note]:
    """The notes about a new worker; the sector makes no difference where a budget pays."""
    priced = target.funding in (Funding.SELF, Funding.CSR)
    return [note for note in entry.doubts if priced or note.problem != "sector_suggested"]


def _add(session: Session, target: Target, new: list[Entry], tally: Tally) -> None:
    values = target.values() | {"newest": tally.newest}
    agent = r"\N" if target.agent_id is None else str(target.agent_id)
    now = values["now"].isoformat()
    rest = f"\tunknown\t{target.office_id}\t{agent}\t{target.roster_id}\t{now}\t{now}\n"
    _copy(
        session,
        sql.WORKERS,
        (f"{entry.line}\t{entry.income_idr or LOWEST_INCOME_IDR}{rest}" for entry in new),
    )
    tally.newest = session.execute(text(sql.ENROL), values).scalar_one()
    tally.created += len(new)


def _compare(
    session: Session, target: Target, sheet: str, registered: list[Entry], tally: Tally
) -> list[Note]:
    session.execute(text("TRUNCATE incoming"))
    nothing = r"\N"
    _copy(
        session,
        f"COPY incoming (row, {COLUMNS}, income_idr) FROM STDIN",
        (
            f"{entry.row}\t{entry.line}\t"
            f"{nothing if entry.income_idr is None else entry.income_idr}\n"
            for entry in registered
        ),
    )
    values = target.values()
    registered_people.compare_under_present_niks(session)
    session.execute(text(sql.COMPARE), values)
    tally.changed += session.scalar(text(sql.CHANGE), values) or 0
    notes = []
    suggesting = {entry.row for entry in registered if entry.suggests}
    for row, masked, elsewhere, other_team, sector, *others in session.execute(text(sql.REMARKS)):
        if elsewhere:
            problem = "other_team" if other_team else "other_office"
            notes.append(_note(sheet, row, problem, masked))
            continue
        problems = (
            "sector_on_file_differs",
            "birth_date_on_file_differs",
            "other_agent",
            "enrolled_otherwise",
        )
        applying = (sector and row in suggesting, *others)
        for problem, applies in zip(problems, applying, strict=True):
            if applies:
                notes.append(_note(sheet, row, problem, masked))
    return notes


def _note(sheet: str, row: int, problem: str, shown: str) -> Note:
    return Note(sheet, row, "NIK", problem, shown)


def _copy_notes(session: Session, roster_id: int, notes: Iterable[Note], tally: Tally) -> None:
    statement = (
        'COPY roster_notes (roster_id, number, rejected, sheet, row, "column", problem, shown,'
        " advice) FROM STDIN"
    )
    with _cursor(session).copy(statement) as copy:
        for note in notes:
            tally.notes += 1
            problem = PROBLEMS[note.problem]
            copy.write_row(
                (
                    roster_id,
                    tally.notes,
                    note.effect is Effect.REFUSED,
                    note.sheet,
                    note.row,
                    note.column,
                    note.problem,
                    note.shown,
                    problem.advice,
                )
            )


def _copy(session: Session, statement: str, lines: Iterable[str]) -> None:
    with _cursor(session).copy(statement) as copy:
        copy.write("".join(lines))


def _cursor(session: Session) -> Any:
    """The driver's own cursor on the session's transaction, for COPY."""
    return session.connection().connection.cursor()
