"""Tables of uploaded lists of workers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.workers.kinds import Funding, Programmes, RosterStatus


class Roster(Model):
    """One uploaded list of workers (daftar pekerja) and what its import did."""

    __tablename__ = "rosters"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    filename: Mapped[str] = mapped_column(text_of(200))
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    programmes: Mapped[Programmes] = mapped_column(words(Programmes))
    funding: Mapped[Funding] = mapped_column(words(Funding))
    from_month: Mapped[date]
    status: Mapped[RosterStatus] = mapped_column(words(RosterStatus), default=RosterStatus.WAITING)
    rows_total: Mapped[int] = mapped_column(default=0)
    rows_done: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    rejected: Mapped[int] = mapped_column(default=0)
    repaired: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(text_of(500), default="")
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    finished_at: Mapped[datetime | None]
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
        CheckConstraint("handled_by IS NULL OR handled_at IS NOT NULL", name="handled_at_a_time"),
        CheckConstraint(
            "status <> 'done' OR accepted + rejected = rows_total", name="every_row_has_an_outcome"
        ),
        CheckConstraint(
            "status <> 'done' OR created + changed + unchanged = accepted",
            name="every_accepted_row_has_an_effect",
        ),
        # The same file sent again while its import waits or runs is the same roster.
        Index(
            "uq_rosters_open_file",
            "office_id",
            "sha256",
            unique=True,
            postgresql_where=text("status IN ('waiting', 'running')"),
        ),
    )


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
