"""Tables of uploaded lists of workers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.workers.kinds import Ecosystem, Funding, Programmes, RosterStatus

# A file is sent once as long as its list is in one of these states.
OPEN_STATES = (
    "'uploaded', 'mapping', 'checking', 'checked', 'proposed', 'waiting', 'running', 'paused'"
)


class Roster(Model):
    """One uploaded list of workers (daftar pekerja) and what its import did."""

    __tablename__ = "rosters"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    # Without an agent: whether new workers get the agent of their kelurahan.
    by_kelurahan: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    filename: Mapped[str] = mapped_column(text_of(200))
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    programmes: Mapped[Programmes] = mapped_column(words(Programmes))
    funding: Mapped[Funding] = mapped_column(words(Funding))
    from_month: Mapped[date]
    as_of: Mapped[date] = mapped_column(  # the day of its data
        default=lambda: clock.now().date(), server_default=text("CURRENT_DATE")
    )
    version_id: Mapped[int | None]  # of a sponsor's list
    ecosystem: Mapped[Ecosystem | None] = mapped_column(words(Ecosystem))  # of rows that name none
    group_id: Mapped[int | None] = mapped_column(ForeignKey("worker_groups.id"))  # the same
    status: Mapped[RosterStatus] = mapped_column(words(RosterStatus), default=RosterStatus.WAITING)
    # What the file's sheets look like; the sample values only until the list has ended.
    sheets: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default=text("'[]'"))
    titles: Mapped[bytes | None] = mapped_column(LargeBinary)  # a digest of its set of headings
    # Each title: its field, or "" if it is not read. Empty: nobody has confirmed the columns.
    mapping: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default=text("'{}'"))
    take_hidden: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    # How fast the process reads that works on it now, or worked on it last.
    rows_per_second: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    repaired: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    nobody: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # lines about nobody
    hidden: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # rows, not taken
    read_on: Mapped[date | None]  # the day as which the import reads the file, also when it resumes
    batches_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # committed ones
    notes_done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    # Between these ids are the workers whom it created, and perhaps others.
    workers_after: Mapped[int | None]
    workers_until: Mapped[int | None]
    error: Mapped[str] = mapped_column(text_of(500), default="")
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # wants it imported
    proposed_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # the second person
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    finished_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    undo_reason: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    handled_at: Mapped[datetime | None]  # a user marked its problems as dealt with
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        Index(
            "ix_rosters_to_handle",
            "uploaded_at",
            postgresql_where=text(
                "handled_at IS NULL AND (status = 'failed' OR status = 'done' AND rejected > 0)"
            ),
        ),
        Index(
            "ix_rosters_unfinished",
            "office_id",
            "id",
            postgresql_where=text("status IN ('mapping', 'checked', 'proposed', 'paused')"),
        ),
        CheckConstraint("handled_by IS NULL OR handled_at IS NOT NULL", name="handled_at_a_time"),
        CheckConstraint("decided_by NOT IN (proposed_by, uploaded_by)", name="four_eyes"),
        CheckConstraint(
            "status <> 'done' OR accepted + rejected = rows_total", name="every_row_has_an_outcome"
        ),
        CheckConstraint(
            "status <> 'done' OR created + changed + unchanged = accepted",
            name="every_accepted_row_has_an_effect",
        ),
        # The same file sent again while its list is open is the same roster.
        Index(
            "uq_rosters_open_file",
            "office_id",
            "sha256",
            unique=True,
            postgresql_where=text(f"status IN ({OPEN_STATES})"),
        ),
    )


class RosterCheck(Model):
    """What an import would do, as it was shown before anything was written to workers."""

    __tablename__ = "roster_checks"

    roster_id: Mapped[int] = mapped_column(
        ForeignKey("rosters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)
    rows: Mapped[int]
    accepted: Mapped[int]
    created: Mapped[int]
    changed: Mapped[int]
    rejected: Mapped[int]
    repaired: Mapped[int]
    nobody: Mapped[int]
    hidden: Mapped[int]
    examples: Mapped[list[dict[str, Any]]]  # some of the people who would be created, masked


class RosterChange(Model):
    """One registered worker whom a list changes: each field before and after.

    A check writes the row, the import marks it as applied, and an undo reads it. No foreign key
    of the worker: workers are kept.
    """

    __tablename__ = "roster_changes"

    roster_id: Mapped[int] = mapped_column(
        ForeignKey("rosters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sheet: Mapped[str] = mapped_column(text_of(80))
    row: Mapped[int]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    kk_before: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted
    kk_index_before: Mapped[bytes | None] = mapped_column(LargeBinary)
    kk_index_after: Mapped[bytes | None] = mapped_column(LargeBinary)  # None: the KK stays
    enrols: Mapped[bool]  # a membership begins
    agent_id: Mapped[int | None]  # to whom the worker is assigned
    updated_before: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]

    __table_args__ = (Index(None, "worker_id"),)


class RosterMapping(Model):
    """The columns that an office chose for a set of headings; used when they come again."""

    __tablename__ = "roster_mappings"

    office_id: Mapped[int] = mapped_column(
        ForeignKey("offices.id"), primary_key=True, autoincrement=False
    )
    titles: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    mapping: Mapped[dict[str, Any]]
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class RosterFile(Model):
    """A roster's file, encrypted, where every process can read it.

    It is the uploaded file until the import has ended, and the file of refused rows after that.
    """

    __tablename__ = "roster_files"

    roster_id: Mapped[int] = mapped_column(
        ForeignKey("rosters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    refused_only: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class RosterNote(Model):
    """What was repaired or refused in one cell of a roster, and what to do about it."""

    __tablename__ = "roster_notes"

    roster_id: Mapped[int] = mapped_column(
        ForeignKey("rosters.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rejected: Mapped[bool]
    sheet: Mapped[str] = mapped_column(text_of(80))
    row: Mapped[int]
    column: Mapped[str] = mapped_column(text_of(80))
    problem: Mapped[str] = mapped_column(text_of(40))
    shown: Mapped[str] = mapped_column(text_of(120))  # the cell, masked where it holds a NIK
    advice: Mapped[str] = mapped_column(text_of(300))

    __table_args__ = (
        CheckConstraint("shown !~ '[0-9]([ .,_/''-]{0,3}[0-9]){14}'", name="shown_holds_no_nik"),
    )
