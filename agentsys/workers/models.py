"""Tables of workers, enrolments, assignments and rosters."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, func, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.schema import SchemaItem

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.people.models import Agent
from agentsys.workers.kinds import (
    EndReason,
    Funding,
    NewToBpu,
    Programmes,
    RegisteredHow,
    Registration,
    RosterStatus,
    Sector,
)

__all__ = [
    "Assignment",
    "Enrolment",
    "Funding",
    "KeyCheck",
    "NewToBpu",
    "Programmes",
    "Roster",
    "RosterFile",
    "RosterNote",
    "RosterStatus",
    "Sector",
    "Worker",
]


def _no_overlap(table: str) -> tuple[SchemaItem, ...]:
    """Two periods of one worker never overlap.

    A GiST index over all periods could ensure that, but would cost as much as the worker's row. So
    an exclusion constraint covers ended periods only, a unique index allows one open period, and a
    statement trigger compares open and ended ones (`check_periods` in the migrations). Triggers
    also check that worker and agent exist (`check_agents`): foreign keys would do it row by row.
    """
    return (
        ExcludeConstraint(
            ("worker_id", "="),
            (text("daterange(from_month, until_month)"), "&&"),
            name=f"ex_{table}_overlap_ended",
            using="gist",
            where=text("until_month IS NOT NULL"),
        ),
        Index(
            f"uq_{table}_overlap_open",
            "worker_id",
            unique=True,
            postgresql_where=text("until_month IS NULL"),
        ),
    )


class Worker(Model):
    """An informal worker; the NIK is encrypted, and is found by its index."""

    __tablename__ = "workers"

    id: Mapped[BigId]
    nik_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    nik_index: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    nik_masked: Mapped[str] = mapped_column(text_of(16))  # 6474••••••••0001
    kk_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    kk_index: Mapped[bytes | None] = mapped_column(LargeBinary)  # to detect a changed KK
    name: Mapped[str] = mapped_column(text_of(120))
    birth_place: Mapped[str] = mapped_column(text_of(80), server_default="")
    birth_date: Mapped[date]
    sex: Mapped[str] = mapped_column(text_of(1))
    phone: Mapped[str] = mapped_column(text_of(20), server_default="")
    job: Mapped[str] = mapped_column(text_of(80), server_default="")
    sector: Mapped[Sector] = mapped_column(words(Sector))
    business: Mapped[str] = mapped_column(text_of(120), server_default="")
    address: Mapped[str] = mapped_column(text_of(200), server_default="")
    kelurahan: Mapped[str] = mapped_column(text_of(80), server_default="")
    kecamatan: Mapped[str] = mapped_column(text_of(80), server_default="")
    income_idr: Mapped[int]
    kpj: Mapped[str] = mapped_column(text_of(20), server_default="")
    new_to_bpu: Mapped[NewToBpu] = mapped_column(words(NewToBpu), default=NewToBpu.UNKNOWN)
    bpu_answered_at: Mapped[datetime | None]  # when an office recorded BPJS' answer
    registration: Mapped[Registration] = mapped_column(
        words(Registration), default=Registration.WAITING, server_default="waiting"
    )
    registered_on: Mapped[date | None]  # None also where nobody knows the day
    registered_how: Mapped[RegisteredHow | None] = mapped_column(words(RegisteredHow))
    registration_note: Mapped[str] = mapped_column(
        text_of(200), server_default=""
    )  # why BPJS refused
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # of the open assignment
    roster_id: Mapped[int | None] = mapped_column(ForeignKey("rosters.id"))
    consent_text: Mapped[str] = mapped_column(text_of(20), server_default="")  # its version
    consent_at: Mapped[datetime | None]
    consent_withdrawn_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # who it was is not known any more
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    updated_at: Mapped[datetime] = mapped_column(default=clock.now)

    agent: Mapped[Agent | None] = relationship()

    __table_args__ = (
        Index(None, "agent_id", "name", "id"),
        Index(None, "office_id", "name", "id"),
        Index(
            "ix_workers_search_key",
            func.search_key(text("name")).label("search_key"),
            postgresql_using="gin",
            postgresql_ops={"search_key": "gin_trgm_ops"},
        ),
        Index(
            "ix_workers_unanswered",
            "office_id",
            "id",
            postgresql_where=text("new_to_bpu = 'unknown'"),
        ),
        Index("ix_workers_unanswered_by_id", "id", postgresql_where=text("new_to_bpu = 'unknown'")),
        Index(
            "ix_workers_unanswered_of_agent",
            "agent_id",
            postgresql_where=text("new_to_bpu = 'unknown'"),
        ),
        Index(
            "ix_workers_to_register",
            "office_id",
            "id",
            postgresql_where=text("registration <> 'registered'"),
        ),
        Index("ix_workers_kpj", "kpj", postgresql_where=text("kpj <> ''")),
        CheckConstraint(
            "(registration = 'registered') = (registered_how IS NOT NULL)",
            name="registered_somehow",
        ),
        CheckConstraint(
            "registration <> 'refused' OR registration_note <> ''", name="refused_for_a_reason"
        ),
        CheckConstraint("sex IN ('L', 'P')", name="known_sex"),
        CheckConstraint("income_idr >= 0", name="income_not_negative"),
        CheckConstraint("octet_length(nik_index) = 32", name="index_is_a_digest"),
        CheckConstraint("nik_masked !~ '[0-9]{9}'", name="nik_is_masked"),
        CheckConstraint("length(name) > 0", name="has_a_name"),
    )


class Enrolment(Model):
    """A worker's membership (kepesertaan): package and payer, from a month on."""

    __tablename__ = "enrolments"

    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_month: Mapped[date] = mapped_column(primary_key=True)
    programmes: Mapped[Programmes] = mapped_column(words(Programmes))
    funding: Mapped[Funding] = mapped_column(words(Funding))
    until_month: Mapped[date | None]  # the first month that is not part of it any more
    end_reason: Mapped[EndReason | None] = mapped_column(words(EndReason))
    end_note: Mapped[str] = mapped_column(text_of(200), server_default="")  # the evidence
    ended_on: Mapped[date | None]  # the day on which it happened, such as of a death
    ended_at: Mapped[datetime | None]  # when it was recorded
    ended_by: Mapped[int | None]  # None for a job

    __table_args__ = (
        CheckConstraint("(until_month IS NULL) = (end_reason IS NULL)", name="ended_for_a_reason"),
        CheckConstraint("end_reason IS NULL OR ended_at IS NOT NULL", name="ended_at_a_time"),
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint("extract(day FROM until_month) = 1", name="until_is_a_month"),
        CheckConstraint("until_month > from_month", name="ends_after_it_began"),
        *_no_overlap("enrolments"),
    )


class Assignment(Model):
    """Which agent manages a worker, from a month on."""

    __tablename__ = "assignments"

    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_month: Mapped[date] = mapped_column(primary_key=True)
    agent_id: Mapped[int] = mapped_column(index=True)
    until_month: Mapped[date | None]

    __table_args__ = (
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint("extract(day FROM until_month) = 1", name="until_is_a_month"),
        CheckConstraint("until_month > from_month", name="ends_after_it_began"),
        *_no_overlap("assignments"),
    )


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


class KeyCheck(Model):
    """A known encrypted value and its index, to detect wrong keys."""

    __tablename__ = "key_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)


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
