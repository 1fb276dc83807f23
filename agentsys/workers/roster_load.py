"""Loading batches of a roster into the tables of workers: one COPY and some statements each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.workers.columns import NAMES
from agentsys.workers.models import Funding, Programmes
from agentsys.workers.roster_people import COLUMNS, Batch, Entry, Place
from agentsys.workers.roster_problems import PROBLEMS, Effect, Note

# BPJS' lowest base for JKK and JHT: the assumed income if none was given.
LOWEST_INCOME_IDR = 1_000_000

# New workers are copied into their tables; registered ones are compared in this table first.
_TEMPORARY = f"""
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT id AS row, {COLUMNS}, income_idr, CAST(NULL AS bigint) AS worker_id, false AS elsewhere,
    false AS other_team, false AS differs, false AS to_assign, false AS born_differs,
    false AS other_agent, false AS enrolled_otherwise
FROM workers WITH NO DATA
"""  # noqa: S608  # made of a constant

_WORKERS = f"""
COPY workers ({COLUMNS}, income_idr, new_to_bpu, office_id, agent_id, roster_id, created_at,
    updated_at) FROM STDIN
"""

# The indexes, 32 bytes each, are sent as one value: an array would take three times as long.
_KNOWN = """
SELECT w.nik_index FROM generate_series(0, :count - 1) AS number
JOIN workers w ON w.nik_index = substring(CAST(:indexes AS bytea) FROM number * 32 + 1 FOR 32)
"""

# All workers of the next COPY get higher ids than this, and have the roster's id.
_NEWEST = "SELECT last_value - CASE WHEN is_called THEN 0 ELSE 1 END FROM workers_id_seq"
_ENROL = """
WITH added AS MATERIALIZED (
    SELECT id FROM workers WHERE id > :newest AND roster_id = :roster_id
), enrolled AS (
    INSERT INTO enrolments (worker_id, from_month, programmes, funding)
    SELECT id, :from_month, :programmes, :funding FROM added
), assigned AS (
    INSERT INTO assignments (worker_id, from_month, agent_id)
    SELECT id, :from_month, CAST(:agent_id AS bigint) FROM added
    WHERE CAST(:agent_id AS bigint) IS NOT NULL
), registered AS (
    UPDATE workers SET registration = 'registered', registered_how = 'list'
    WHERE id > :newest AND roster_id = :roster_id AND kpj <> ''
)
SELECT max(id) FROM added
"""

# The checks of foreign keys keep their plans, and a plan that was made while a table was empty
# reads it from end to end for every row that follows.
_PLANS = ("DISCARD PLANS", "SET LOCAL enable_seqscan = off")

# An empty cell never erases what is registered.
_KEPT = ("birth_place", "phone", "kpj", *NAMES)
_NEW = {
    "name": "i.name",
    "sex": "i.sex",
    "sector": "CASE WHEN i.job = '' THEN w.sector ELSE i.sector END",
    "income_idr": "coalesce(i.income_idr, w.income_idr)",
    "kk_index": "coalesce(i.kk_index, w.kk_index)",
    **{name: f"coalesce(nullif(i.{name}, ''), w.{name})" for name in _KEPT},
}

# Encrypting the same number gives another value each time, so only indexes are compared.
_COMPARE = f"""
UPDATE incoming i SET
    worker_id = w.id,
    elsewhere = w.office_id <> :office_id OR coalesce(w.agent_id = ANY (:others), false),
    other_team = w.office_id = :office_id,
    differs = ({", ".join(f"w.{name}" for name in _NEW)})
        IS DISTINCT FROM ({", ".join(_NEW.values())}),
    born_differs = w.birth_date <> i.birth_date,
    other_agent = coalesce(w.agent_id <> CAST(:agent_id AS bigint), false),
    to_assign = CAST(:agent_id AS bigint) IS NOT NULL AND w.agent_id IS NULL AND NOT EXISTS (
        SELECT FROM assignments a WHERE a.worker_id = w.id
        AND (a.until_month IS NULL OR a.until_month > :from_month)),
    enrolled_otherwise = EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = w.id
        AND (e.until_month IS NULL OR e.until_month > :from_month)
        AND ((e.programmes, e.funding) <> (:programmes, :funding)
            OR e.from_month > :from_month))
FROM workers w WHERE w.nik_index = i.nik_index
"""  # noqa: S608  # made of the constants above

_CHANGE = f"""
WITH updated AS (
    UPDATE workers w SET
        {", ".join(f"{name} = {value}" for name, value in _NEW.items())},
        kk_sealed = CASE WHEN i.kk_index IS DISTINCT FROM w.kk_index
            THEN coalesce(i.kk_sealed, w.kk_sealed) ELSE w.kk_sealed END,
        agent_id = CASE WHEN i.to_assign THEN CAST(:agent_id AS bigint) ELSE w.agent_id END,
        registration = CASE WHEN i.kpj <> '' THEN 'registered' ELSE w.registration END,
        registered_how = CASE WHEN i.kpj <> '' THEN coalesce(w.registered_how, 'list')
            ELSE w.registered_how END,
        updated_at = :now
    FROM incoming i
    WHERE w.id = i.worker_id AND NOT i.elsewhere AND (i.differs OR i.to_assign)
    RETURNING w.id
), enrolled AS (
    INSERT INTO enrolments (worker_id, programmes, funding, from_month)
    SELECT i.worker_id, :programmes, :funding, :from_month FROM incoming i
    WHERE i.worker_id IS NOT NULL AND NOT i.elsewhere AND NOT EXISTS (
        SELECT FROM enrolments e WHERE e.worker_id = i.worker_id
        AND (e.until_month IS NULL OR e.until_month > :from_month))
    RETURNING worker_id
), assigned AS (
    INSERT INTO assignments (worker_id, agent_id, from_month)
    SELECT worker_id, CAST(:agent_id AS bigint), :from_month FROM incoming
    WHERE to_assign AND NOT elsewhere
)
SELECT count(*) FROM (SELECT id FROM updated UNION SELECT worker_id FROM enrolled) AS touched
"""  # noqa: S608  # made of the constants above

_REMARKS = """
SELECT row, nik_masked, elsewhere, other_team, born_differs, other_agent, enrolled_otherwise
FROM incoming
WHERE elsewhere OR born_differs OR other_agent OR enrolled_otherwise ORDER BY row
"""


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
    refused: dict[Place, str] = field(default_factory=dict)  # the problem of each refused row

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
    for statement in (*_PLANS, _TEMPORARY):
        session.execute(text(statement))
    return Tally(newest=session.execute(text(_NEWEST)).scalar_one())


def load(session: Session, *, target: Target, batch: Batch, tally: Tally) -> None:
    """Load a batch and count it; raises a database error if a NIK was registered meanwhile."""
    notes = list(batch.notes)
    if batch.entries:
        notes += _load_people(session, target, batch, tally)
    refused = {note.row for note in notes if note.problem in ("other_office", "other_team")}
    for repeat, original in batch.repeats:
        if problem := tally.refused.get(original):
            # A repeated row has the same outcome as the first one.
            notes[notes.index(repeat)] = _note(repeat.sheet, repeat.row, problem, repeat.shown)
            refused.add(repeat.row)
    tally.rows += batch.rows
    tally.accepted += len(batch.entries) + len(batch.repeats) - len(refused)
    tally.repaired += len(batch.repaired - refused)
    _copy_notes(session, target.roster_id, notes, tally)


def _load_people(session: Session, target: Target, batch: Batch, tally: Tally) -> list[Note]:
    indexes = b"".join(entry.nik_index for entry in batch.entries)
    asked = {"indexes": indexes, "count": len(batch.entries)}
    known = set(session.scalars(text(_KNOWN), asked))
    new = [entry for entry in batch.entries if entry.nik_index not in known]
    if new:
        _add(session, target, new, tally)
    if not known:
        return []
    registered = [entry for entry in batch.entries if entry.nik_index in known]
    return _compare(session, target, batch.sheet, registered, tally)


def _add(session: Session, target: Target, new: list[Entry], tally: Tally) -> None:
    values = target.values() | {"newest": tally.newest}
    agent = r"\N" if target.agent_id is None else str(target.agent_id)
    now = values["now"].isoformat()
    rest = f"\tunknown\t{target.office_id}\t{agent}\t{target.roster_id}\t{now}\t{now}\n"
    _copy(
        session,
        _WORKERS,
        (f"{entry.line}\t{entry.income_idr or LOWEST_INCOME_IDR}{rest}" for entry in new),
    )
    tally.newest = session.execute(text(_ENROL), values).scalar_one()
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
    session.execute(text(_COMPARE), values)
    tally.changed += session.scalar(text(_CHANGE), values) or 0
    notes = []
    for row, masked, elsewhere, other_team, *others in session.execute(text(_REMARKS)):
        if elsewhere:
            problem = "other_team" if other_team else "other_office"
            tally.refused[sheet, row] = problem
            notes.append(_note(sheet, row, problem, masked))
            continue
        problems = ("birth_date_on_file_differs", "other_agent", "enrolled_otherwise")
        for problem, applies in zip(problems, others, strict=True):
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
                    problem.effect is Effect.REFUSED,
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
