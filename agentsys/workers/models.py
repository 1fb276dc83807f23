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
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import (
    Ecosystem,
    EndReason,
    Funding,
    NewToBpu,
    Programmes,
    RegisteredHow,
    Registration,
    RosterStatus,
    Sector,
    Work,
)
from agentsys.workers.roster_models import (
    Roster,
    RosterChange,
    RosterCheck,
    RosterFile,
    RosterMapping,
    RosterNote,
)

__all__ = [
    "Assignment",
    "Enrolment",
    "Funding",
    "KeyCheck",
    "NewToBpu",
    "Programmes",
    "Roster",
    "RosterChange",
    "RosterCheck",
    "RosterFile",
    "RosterMapping",
    "RosterNote",
    "RosterStatus",
    "Sector",
    "Worker",
    "WorkerGroup",
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
    work: Mapped[Work | None] = mapped_column(words(Work))  # None if nobody asked
    business: Mapped[str] = mapped_column(text_of(120), server_default="")
    address: Mapped[str] = mapped_column(text_of(200), server_default="")
    kelurahan: Mapped[str] = mapped_column(text_of(80), server_default="")
    kecamatan: Mapped[str] = mapped_column(text_of(80), server_default="")
    income_idr: Mapped[int]
    ecosystem: Mapped[Ecosystem | None] = mapped_column(words(Ecosystem))  # None: not recorded
    group_id: Mapped[int | None] = mapped_column(ForeignKey("worker_groups.id"))
    kpj: Mapped[str] = mapped_column(text_of(20), server_default="")
    new_to_bpu: Mapped[NewToBpu] = mapped_column(words(NewToBpu), default=NewToBpu.UNKNOWN)
    bpu_answered_at: Mapped[datetime | None]  # when an office recorded BPJS' answer
    registration: Mapped[Registration] = mapped_column(
        words(Registration), default=Registration.WAITING, server_default="waiting"
    )
    registered_on: Mapped[date | None]  # None also where nobody knows the day
    registered_how: Mapped[RegisteredHow | None] = mapped_column(words(RegisteredHow))
    registration_note: Mapped[str] = mapped_column(text_of(200), server_default="")  # of a refusal
    refused_at: Mapped[datetime | None]  # when that was recorded; None once it is corrected
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agents.id"))  # of the open assignment
    roster_id: Mapped[int | None] = mapped_column(ForeignKey("rosters.id"))
    consent_text: Mapped[str] = mapped_column(text_of(20), server_default="")  # its version
    consent_at: Mapped[datetime | None]
    consent_withdrawn_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]  # who it was is not known any more
    # The same person, whose record goes on instead of this one; see `duplicates.merging`.
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("workers.id"))
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
        Index("ix_workers_phone", "phone", postgresql_where=text("phone <> ''")),
        # How many workers a group has, and who they are: by name, as lists show them.
        Index(
            "ix_workers_of_group",
            "group_id",
            "name",
            "id",
            postgresql_where=text("group_id IS NOT NULL"),
        ),
        Index("ix_workers_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index("ix_workers_same_birth", "birth_date", func.search_key(text("name"))),
        Index("ix_workers_last_four", func.right(text("nik_masked"), 4).label("last_four")),
        CheckConstraint(
            "(registration = 'registered') = (registered_how IS NOT NULL)",
            name="registered_somehow",
        ),
        CheckConstraint(
            "registration <> 'refused' OR registration_note <> ''", name="refused_for_a_reason"
        ),
        CheckConstraint(
            "merged_into IS NULL OR (merged_into <> id AND agent_id IS NULL)",
            name="merged_into_another",
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
    agreement_id: Mapped[int | None]  # of the sponsor who pays; no foreign key, for speed
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
        CheckConstraint("agreement_id IS NULL OR funding <> 'self'", name="sponsor_pays"),
        Index(
            "ix_enrolments_agreement",
            "agreement_id",
            "worker_id",
            postgresql_where=text("agreement_id IS NOT NULL"),
        ),
        Index(
            "ix_enrolments_sponsor_ended",
            "until_month",
            "worker_id",
            postgresql_where=text("end_reason = 'sponsor_ended'"),
        ),
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


class KeyCheck(Model):
    """A known encrypted value and its index, to detect wrong keys."""

    __tablename__ = "key_checks"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)
