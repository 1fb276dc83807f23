"""What pages show of a list's columns and of its check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.people.models import Agent
from agentsys.rosters.deciding import needs_second_person
from agentsys.rosters.looking import read_sheets
from agentsys.workers.models import Roster, RosterChange, RosterCheck, Worker


@dataclass(frozen=True, kw_only=True)
class ColumnRow:
    """A title of a list, what is below it, and the field that is read from it."""

    title: str
    sheets: Sequence[str]  # where it is, if it is not in all that are read
    samples: Sequence[str]
    field: str  # empty: it is not read
    suggested: str


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of a list, and what is not read."""

    rows: Sequence[ColumnRow]
    sheets_without_titles: Sequence[str]
    hidden_rows: int
    hidden_columns: Sequence[str]
    clash: Sequence[str]  # titles of which nobody can know which one is right
    take_hidden: bool


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """What an import would do, by the last check."""

    checked_at: datetime
    rows: int
    accepted: int
    created: int
    changed: int
    rejected: int
    repaired: int
    nobody: int
    hidden: int
    examples: Sequence[Mapping[str, Any]]
    needs_second_person: bool

    @property
    def unchanged(self) -> int:
        """Accepted rows that would change nothing."""
        return self.accepted - self.created - self.changed


@dataclass(frozen=True, kw_only=True)
class ChangedRow:
    """One registered worker whom the list changes."""

    worker_id: int
    name: str
    nik_masked: str
    sheet: str
    row: int
    before: Mapping[str, str | None]
    after: Mapping[str, str | None]
    changes_kk: bool
    enrols: bool
    agent: str  # to whom the worker is assigned
    applied_at: datetime | None
    undone_at: datetime | None


def columns_of(session: Session, roster_id: int) -> Columns:
    """The columns of a list, each title once."""
    roster = session.get_one(Roster, roster_id)
    read = read_sheets(roster.sheets)
    found: dict[str, list[Mapping[str, Any]]] = {}
    where: dict[str, list[str]] = {}
    for sheet in read:
        for column in sheet["columns"]:
            found.setdefault(column["title"], []).append(column)
            where.setdefault(column["title"], []).append(sheet["name"])
    return Columns(
        rows=[
            ColumnRow(
                title=title,
                sheets=[] if len(where[title]) == len(read) else where[title],
                samples=next((c["samples"] for c in columns if c["samples"]), []),
                field=roster.mapping.get(title, ""),
                suggested=next((c["field"] for c in columns if c["field"]), "") or "",
            )
            for title, columns in found.items()
        ],
        sheets_without_titles=[s["name"] for s in roster.sheets if s not in read and s["rows"]],
        hidden_rows=sum(sheet["hidden_rows"] for sheet in roster.sheets),
        hidden_columns=[title for sheet in read for title in sheet["hidden_columns"]],
        clash=[title for sheet in read for title in sheet["clash"]],
        take_hidden=roster.take_hidden,
    )


def check_of(session: Session, roster_id: int) -> CheckRow | None:
    """The last check of a list; None if there is none."""
    found = session.get(RosterCheck, roster_id)
    if found is None:
        return None
    return CheckRow(
        checked_at=found.checked_at,
        rows=found.rows,
        accepted=found.accepted,
        created=found.created,
        changed=found.changed,
        rejected=found.rejected,
        repaired=found.repaired,
        nobody=found.nobody,
        hidden=found.hidden,
        examples=found.examples,
        needs_second_person=needs_second_person(found),
    )


def changes_of(session: Session, roster_id: int, *, limit: int) -> Sequence[ChangedRow]:
    """The registered workers whom a list changes or changed, in its order."""
    rows = session.execute(
        select(RosterChange, Worker.name, Worker.nik_masked, Agent.name)
        .join(Worker, Worker.id == RosterChange.worker_id)
        .outerjoin(Agent, Agent.id == RosterChange.agent_id)
        .where(RosterChange.roster_id == roster_id)
        .order_by(RosterChange.sheet, RosterChange.row)
        .limit(limit)
    )
    return [
        ChangedRow(
            worker_id=change.worker_id,
            name=name,
            nik_masked=masked,
            sheet=change.sheet,
            row=change.row,
            before=change.before,
            after=change.after,
            changes_kk=change.kk_index_after is not None,
            enrols=change.enrols,
            agent=agent or "",
            applied_at=change.applied_at,
            undone_at=change.undone_at,
        )
        for change, name, masked, agent in rows
    ]
