"""COPY of rows and of the notes about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from agentsys.rosters.problems import PROBLEMS, Effect, Note

NOTHING = r"\N"  # NULL in COPY's text format
_NOTES = (
    'COPY roster_notes (roster_id, number, rejected, sheet, row, "column", problem, shown,'
    " advice) FROM STDIN"
)


def copy_rows(session: Session, statement: str, lines: Iterable[str]) -> None:
    """Run a COPY with lines in its text format."""
    with _cursor(session).copy(statement) as copy:
        copy.write("".join(lines))


def copy_notes(session: Session, roster_id: int, notes: Iterable[Note], *, after: int) -> int:
    """Store the notes of a list with the numbers after that one; the number of the last."""
    number = after
    with _cursor(session).copy(_NOTES) as copy:
        for number, note in enumerate(notes, start=after + 1):
            copy.write_row(
                (
                    roster_id,
                    number,
                    note.effect is Effect.REFUSED,
                    note.sheet,
                    note.row,
                    note.column,
                    note.problem,
                    note.shown,
                    PROBLEMS[note.problem].advice,
                )
            )
    return number


def _cursor(session: Session) -> Any:
    """The driver's own cursor on the session's transaction, for COPY."""
    return session.connection().connection.cursor()
