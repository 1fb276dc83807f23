"""Tables of sponsors, agreements, their lists and bills."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.agreements.kinds import (
    AgreementState,
    BillState,
    LeaveReason,
    PriceBasis,
    SponsorKind,
    VersionState,
)
from agentsys.db import BigId, Model, text_of, words
from agentsys.workers.kinds import Funding, Programmes


class Sponsor(Model):
    """Who pays contributions for workers: a government, a village, a company, a donor."""

    __tablename__ = "sponsors"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[SponsorKind] = mapped_column(words(SponsorKind))
    name: Mapped[str] = mapped_column(text_of(160))
    address: Mapped[str] = mapped_column(text_of(200), default="")
    contact_name: Mapped[str] = mapped_column(text_of(120), default="")
    contact_phone: Mapped[str] = mapped_column(text_of(30), default="")
    contact_email: Mapped[str] = mapped_column(text_of(254), default="")
    treasurer: Mapped[str] = mapped_column(text_of(120), default="")  # who pays the bills
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index("uq_sponsors_name", "office_id", text("lower(name)"), unique=True),
        CheckConstraint("length(name) > 0", name="has_a_name"),
    )


class Agreement(Model):
    """An agreement (PKS): which package a sponsor pays, from when until when, up to how much.

    Two persons put it in force. `until_month` is the first month that it does not pay.
    """

    __tablename__ = "agreements"

    id: Mapped[BigId]
    sponsor_id: Mapped[int] = mapped_column(ForeignKey("sponsors.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    number: Mapped[str] = mapped_column(text_of(80))
    signed_on: Mapped[date]
    funding: Mapped[Funding] = mapped_column(words(Funding))
    programmes: Mapped[Programmes] = mapped_column(words(Programmes))
    price_basis: Mapped[PriceBasis] = mapped_column(words(PriceBasis))
    from_month: Mapped[date]
    until_month: Mapped[date]
    most_people: Mapped[int | None]
    most_idr: Mapped[int | None]  # of all months together
    priority: Mapped[int]  # the lowest pays, where two agreements pay for one worker
    note: Mapped[str] = mapped_column(text_of(200), default="")
    state: Mapped[AgreementState] = mapped_column(
        words(AgreementState), default=AgreementState.PROPOSED
    )
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    end_note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")
    # An end before the period's: announced by one person, carried out on its month by a job.
    ends_month: Mapped[date | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    sponsor: Mapped[Sponsor] = relationship()

    __table_args__ = (
        UniqueConstraint("sponsor_id", "number"),
        CheckConstraint("extract(day FROM from_month) = 1", name="from_is_a_month"),
        CheckConstraint("extract(day FROM until_month) = 1", name="until_is_a_month"),
        CheckConstraint("until_month > from_month", name="ends_after_it_begins"),
        CheckConstraint("funding <> 'self'", name="somebody_else_pays"),
        CheckConstraint("most_people > 0 AND most_idr > 0", name="ceilings_are_positive"),
        CheckConstraint(
            "state IN ('proposed', 'withdrawn') OR decided_at IS NOT NULL", name="decided_at"
        ),
        CheckConstraint("decided_by <> made_by OR state = 'ended'", name="four_eyes"),
        CheckConstraint(
            "ends_month IS NULL OR ends_month BETWEEN from_month AND until_month",
            name="ends_in_its_period",
        ),
        Index("ix_agreements_in_force", "office_id", postgresql_where=text("state = 'in_force'")),
    )


class ListVersion(Model):
    """One list of a sponsor (SK), whole or only additions, and how it differs from the last one."""

    __tablename__ = "list_versions"

    id: Mapped[BigId]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"))
    number: Mapped[int]
    decree: Mapped[str] = mapped_column(text_of(80))  # of the SK
    decreed_on: Mapped[date]
    from_month: Mapped[date]
    whole: Mapped[bool]  # then whoever it lacks leaves
    state: Mapped[VersionState] = mapped_column(words(VersionState), default=VersionState.DRAFT)
    people: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    left: Mapped[int] = mapped_column("leaving", default=0)
    changed: Mapped[int] = mapped_column(default=0)
    same: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        UniqueConstraint("agreement_id", "number"),
        Index(
            "uq_list_versions_under_way",
            "agreement_id",
            unique=True,
            postgresql_where=text("state IN ('draft', 'waiting')"),
        ),
        CheckConstraint("added + changed + same = people", name="everybody_is_counted_once"),
    )


class VersionPerson(Model):
    """A worker whom a version of a list names. No foreign keys: versions are long."""

    __tablename__ = "version_people"

    version_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    changed: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class AgreementMember(Model):
    """A worker for whom an agreement is to pay, from a month on.

    Two agreements may name one worker; `sponsors.payers` decides who pays which month, and the
    worker's membership (`enrolments`) has the answer: its periods never overlap.
    """

    __tablename__ = "agreement_members"

    agreement_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    from_month: Mapped[date] = mapped_column(primary_key=True)
    until_month: Mapped[date | None]
    why_left: Mapped[LeaveReason | None] = mapped_column(words(LeaveReason))
    left_note: Mapped[str] = mapped_column(text_of(200), server_default="")
    version_id: Mapped[int | None]  # the list that brought the worker
    replaces_id: Mapped[int | None]  # the worker whose place this one took
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        Index(
            "uq_agreement_members_open",
            "worker_id",
            "agreement_id",
            unique=True,
            postgresql_where=text("until_month IS NULL"),
        ),
        Index(
            "uq_agreement_members_replaces",
            "agreement_id",
            "replaces_id",
            unique=True,
            postgresql_where=text("replaces_id IS NOT NULL AND why_left IS DISTINCT FROM 'undone'"),
        ),
        CheckConstraint("until_month >= from_month", name="ends_after_it_began"),
        CheckConstraint("(until_month IS NULL) = (why_left IS NULL)", name="left_for_a_reason"),
    )


class Bill(Model):
    """A sponsor's bill: the contributions of one agreement and month; lines have its id.

    Months that are billed after it was sent come into another part of it.
    """

    __tablename__ = "bills"

    id: Mapped[BigId]
    agreement_id: Mapped[int] = mapped_column(ForeignKey("agreements.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    month: Mapped[date]
    part: Mapped[int] = mapped_column(default=1, server_default="1")
    state: Mapped[BillState] = mapped_column(words(BillState), default=BillState.OPEN)
    people: Mapped[int] = mapped_column(default=0, server_default="0")  # when it was sent
    amount_idr: Mapped[int] = mapped_column(default=0, server_default="0")  # when it was sent
    paid_people: Mapped[int] = mapped_column(default=0, server_default="0")
    paid_idr: Mapped[int] = mapped_column(default=0, server_default="0")
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime | None]
    due_on: Mapped[date | None]

    agreement: Mapped[Agreement] = relationship()

    __table_args__ = (
        UniqueConstraint("agreement_id", "month", "part"),
        Index(
            "uq_bills_open",
            "agreement_id",
            "month",
            unique=True,
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_bills_unpaid", "office_id", postgresql_where=text("state <> 'paid'")),
        CheckConstraint(
            "(state = 'open') = (sent_at IS NULL) AND (sent_at IS NULL) = (due_on IS NULL)",
            name="sent_at_a_time",
        ),
        CheckConstraint(
            "people >= 0 AND amount_idr >= 0 AND paid_people >= 0 AND paid_idr >= 0",
            name="not_negative",
        ),
        CheckConstraint("extract(day FROM month) = 1", name="month_is_a_month"),
    )
