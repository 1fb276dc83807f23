"""Tables of mandates, the workers they pay for, debits, their months and notices."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.extension.contract import Decline, MandateEnd, MandateState


class Relation(StrEnum):
    """Whose account a mandate debits, seen from the worker."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    SIBLING = "sibling"
    OTHER = "other"


class DebitState(StrEnum):
    """The state of one month's debit of a worker."""

    PLANNED = "planned"  # not announced for this sum and day
    ANNOUNCED = "announced"  # the payer knows the sum and the day
    CALLING = "calling"  # a try is written down; the provider is being asked, or its answer is lost
    COLLECTED = "collected"
    GIVEN_UP = "given_up"  # the last try failed: an agent visits the worker
    WITHDRAWN = "withdrawn"  # paid otherwise, or no permission any more


LIVE = (DebitState.PLANNED, DebitState.ANNOUNCED, DebitState.CALLING)


class NoticeState(StrEnum):
    """How far a notice to a payer got."""

    PREPARED = "prepared"  # written; nobody sent it yet
    HANDED_OVER = "handed_over"  # somebody opened the message to send it; not known to have arrived
    OPENED = "opened"  # the payer saw it on the own page: it counts
    CONFIRMED = "confirmed"  # the payer confirmed it, or a messenger reported it read: it counts
    REPLACED = "replaced"  # another sum or day was announced since


COUNTS = (NoticeState.OPENED, NoticeState.CONFIRMED)


class Mandate(Model):
    """A payer's permission to debit one account, as observed at the provider."""

    __tablename__ = "mandates"

    id: Mapped[BigId]
    reference: Mapped[str] = mapped_column(text_of(50), unique=True)
    key: Mapped[str] = mapped_column(text_of(64), unique=True)  # idempotency key of the asking
    channel: Mapped[str] = mapped_column(text_of(30))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), index=True)
    holder_name: Mapped[str] = mapped_column(text_of(100))  # of the account
    phone_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    phone_index: Mapped[bytes] = mapped_column(LargeBinary)  # finds the same account again
    cap_idr: Mapped[int]  # the most of one debit that the payer agreed to
    month_cap_idr: Mapped[int]
    debit_day: Mapped[int]  # of the month, 1 to 28
    consent_text: Mapped[str] = mapped_column(text_of(20))  # version of the text agreed to
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the payer's page
    # Consent is the payer's, given on the provider's page: nobody here can write these two.
    consented_at: Mapped[datetime | None]
    consent_evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[MandateState] = mapped_column(words(MandateState), default=MandateState.ASKED)
    end: Mapped[MandateEnd | None] = mapped_column("end_reason", words(MandateEnd))
    ended_at: Mapped[datetime | None]
    handle: Mapped[str] = mapped_column(text_of(80), default="", index=True)
    consent_url: Mapped[str] = mapped_column(text_of(500), default="")
    consent_until: Mapped[datetime | None]
    paused_until: Mapped[date | None]
    checks: Mapped[int] = mapped_column(default=0)
    next_check_at: Mapped[datetime | None]

    workers: Mapped[list[MandateWorker]] = relationship(order_by="MandateWorker.worker_id")

    __table_args__ = (
        CheckConstraint("cap_idr > 0 AND month_cap_idr >= cap_idr", name="caps_in_order"),
        CheckConstraint("debit_day BETWEEN 1 AND 28", name="day_is_in_every_month"),
        CheckConstraint(
            "(state = 'ended') = (end_reason IS NOT NULL)"
            " AND (end_reason IS NULL) = (ended_at IS NULL)",
            name="end_has_reason_and_time",
        ),
        CheckConstraint("state <> 'active' OR consented_at IS NOT NULL", name="active_by_consent"),
        Index("ix_mandates_due", "next_check_at", postgresql_where=text("next_check_at NOTNULL")),
        Index(
            "ix_mandates_account",
            "channel",
            "phone_index",
            postgresql_where=text("state <> 'ended'"),
        ),
    )


class MandateWorker(Model):
    """A worker whom a mandate pays for; a worker has at most one at a time."""

    __tablename__ = "mandate_workers"

    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), primary_key=True)
    relation: Mapped[Relation] = mapped_column(words(Relation))
    since: Mapped[datetime] = mapped_column(default=clock.now)
    until: Mapped[datetime | None]

    __table_args__ = (
        Index(
            "uq_mandate_workers_one_at_a_time",
            "worker_id",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )


class MandateMove(Model):
    """One change of a mandate's state; append-only."""

    __tablename__ = "mandate_moves"

    id: Mapped[BigId]
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), index=True)
    from_state: Mapped[MandateState | None] = mapped_column(
        words(MandateState, name="from_mandatestate")
    )
    to_state: Mapped[MandateState] = mapped_column(words(MandateState, name="to_mandatestate"))
    at: Mapped[datetime] = mapped_column(default=clock.now)
    by: Mapped[str] = mapped_column(text_of(40))  # "callback", "sweep", "payer", "user:7"
    report: Mapped[dict[str, Any]]


class Debit(Model):
    """What one worker's mandate is to pay in one calendar month; its tries are payments."""

    __tablename__ = "debits"

    id: Mapped[BigId]
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"))
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    period: Mapped[date]  # the calendar month in which it is debited
    first_on: Mapped[date]  # the day of the first try
    due_on: Mapped[date]  # the day of the next try
    last_on: Mapped[date]
    amount_idr: Mapped[int]
    state: Mapped[DebitState] = mapped_column(words(DebitState), default=DebitState.PLANNED)
    why: Mapped[str] = mapped_column(text_of(30), default="")  # last_look.Why, or a Decline
    decline: Mapped[Decline | None] = mapped_column(words(Decline))  # of the newest try
    tries: Mapped[int] = mapped_column(default=0)
    look_at: Mapped[datetime | None]  # when the next look is due; None: nothing is waited for
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))  # the newest try
    run_id: Mapped[int | None] = mapped_column(ForeignKey("debit_runs.id"))

    months: Mapped[list[DebitMonth]] = relationship(order_by="DebitMonth.month")

    __table_args__ = (
        UniqueConstraint("worker_id", "period", "mandate_id"),
        CheckConstraint("amount_idr > 0", name="debits_money"),
        CheckConstraint("first_on <= due_on AND first_on <= last_on", name="days_in_order"),
        CheckConstraint("state <> 'calling' OR payment_id IS NOT NULL", name="try_is_written"),
        Index("ix_debits_look", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("ix_debits_payment_id", "payment_id", postgresql_where=text("payment_id NOTNULL")),
        Index(
            "uq_debits_one_live",
            "worker_id",
            unique=True,
            postgresql_where=text("state IN ('planned', 'announced', 'calling')"),
        ),
    )


class DebitMonth(Model):
    """One contribution that a debit pays, with the price that was planned."""

    __tablename__ = "debit_months"

    debit_id: Mapped[int] = mapped_column(ForeignKey("debits.id"), primary_key=True)
    worker_id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    amount_idr: Mapped[int]

    __table_args__ = (
        ForeignKeyConstraint(
            ["worker_id", "month"], ["contributions.worker_id", "contributions.month"]
        ),
        Index(None, "worker_id", "month"),
    )


class DebitTry(Model):
    """One try of a debit: written and committed before the provider is called."""

    __tablename__ = "debit_tries"

    debit_id: Mapped[int] = mapped_column(ForeignKey("debits.id"), primary_key=True)
    try_no: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"))  # which allowed it
    at: Mapped[datetime] = mapped_column(default=clock.now)
    decline: Mapped[Decline | None] = mapped_column(words(Decline))


class Notice(Model):
    """A message that a debit needs: the sum, the months, the day, and how to stop it."""

    __tablename__ = "notices"

    id: Mapped[BigId]
    debit_id: Mapped[int] = mapped_column(ForeignKey("debits.id"), index=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    amount_idr: Mapped[int]
    debit_on: Mapped[date]
    state: Mapped[NoticeState] = mapped_column(words(NoticeState), default=NoticeState.PREPARED)
    prepared_at: Mapped[datetime] = mapped_column(default=clock.now)
    handed_over_at: Mapped[datetime | None]
    handed_over_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    counted_at: Mapped[datetime | None]  # when it began to count

    __table_args__ = (
        CheckConstraint(
            "state NOT IN ('opened', 'confirmed') OR counted_at IS NOT NULL",
            name="counts_from_a_time",
        ),
        Index(
            "uq_notices_one_current",
            "debit_id",
            unique=True,
            postgresql_where=text("state <> 'replaced'"),
        ),
    )


class DebitRun(Model):
    """One day's frozen list of debits; it must close: its outcomes add up to what was planned."""

    __tablename__ = "debit_runs"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    day: Mapped[date]
    planned: Mapped[int]
    planned_idr: Mapped[int]
    begun_at: Mapped[datetime] = mapped_column(default=clock.now)
    closed_at: Mapped[datetime | None]
    charged: Mapped[int] = mapped_column(default=0)
    charged_idr: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)

    __table_args__ = (
        UniqueConstraint("office_id", "day"),
        CheckConstraint(
            "closed_at IS NULL OR charged + refused + skipped + unknown = planned",
            name="closes",
        ),
    )
