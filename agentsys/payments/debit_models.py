"""Tables of debits, their months, tries and notices, and of the days on which they are made."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.extension.contract import Decline


class DebitState(StrEnum):
    """The state of one month's debit of a worker."""

    PLANNED = "planned"  # not announced for this sum and day
    ANNOUNCED = "announced"  # the payer knows the sum and the day
    CALLING = "calling"  # a try is written down; the provider is being asked, or its answer is lost
    COLLECTED = "collected"
    GIVEN_UP = "given_up"  # the last try failed: an agent visits the worker
    WITHDRAWN = "withdrawn"  # paid otherwise, or no permission any more


LIVE = (DebitState.PLANNED, DebitState.ANNOUNCED, DebitState.CALLING)


class NoticeKind(StrEnum):
    """What a notice tells the payer."""

    DEBIT = "debit"  # that a sum will be debited on a day: no debit without it
    FAILED = "failed"  # that a try failed, and what follows
    MANDATE_EXPIRES = "mandate_expires"  # on which day the account ends, and that it is renewed
    MANDATE_ENDED = "mandate_ended"  # that nothing is debited any more


class NoticeState(StrEnum):
    """How far a notice to a payer got."""

    PREPARED = "prepared"  # written; nobody sent it yet
    HANDED_OVER = "handed_over"  # somebody opened the message to send it; not known to have arrived
    OPENED = "opened"  # the payer saw it on the own page: it counts
    CONFIRMED = "confirmed"  # the payer confirmed it, or a messenger reported it read: it counts
    REPLACED = "replaced"  # another sum or day was announced since


COUNTS = (NoticeState.OPENED, NoticeState.CONFIRMED)


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
    run_id: Mapped[int | None] = mapped_column(ForeignKey("debit_runs.id"))  # the newest
    ended_at: Mapped[datetime | None]  # when it was given up
    visited_at: Mapped[datetime | None]  # by the agent, after it was given up
    visited_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    visit_note: Mapped[str] = mapped_column(text_of(200), default="")

    months: Mapped[list[DebitMonth]] = relationship(order_by="DebitMonth.month")

    __table_args__ = (
        UniqueConstraint("worker_id", "period", "mandate_id"),
        CheckConstraint("amount_idr > 0", name="debits_money"),
        CheckConstraint("first_on <= due_on AND first_on <= last_on", name="days_in_order"),
        CheckConstraint("state <> 'calling' OR payment_id IS NOT NULL", name="try_is_written"),
        Index("ix_debits_look", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index("ix_debits_payment_id", "payment_id", postgresql_where=text("payment_id NOTNULL")),
        CheckConstraint("(state = 'given_up') = (ended_at IS NOT NULL)", name="given_up_has_time"),
        CheckConstraint("(visited_at IS NULL) = (visited_by IS NULL)", name="visited_by_somebody"),
        Index(
            "ix_debits_to_visit",
            "office_id",
            postgresql_where=text("state = 'given_up' AND visited_at IS NULL"),
        ),
        Index("ix_debits_run_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
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
        # No foreign key to contributions: one that is closed moves to another table.
        Index(None, "worker_id", "month"),
    )


class DebitTry(Model):
    """One try of a debit: written and committed before the provider is called."""

    __tablename__ = "debit_tries"

    debit_id: Mapped[int] = mapped_column(ForeignKey("debits.id"), primary_key=True)
    try_no: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)  # which allowed it
    run_id: Mapped[int | None] = mapped_column(ForeignKey("debit_runs.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    decline: Mapped[Decline | None] = mapped_column(words(Decline))
    compare_at: Mapped[datetime | None]  # when the provider is asked once more; None: it was
    differed: Mapped[bool] = mapped_column(default=False)  # it said something else then

    __table_args__ = (
        Index("ix_debit_tries_compare", "compare_at", postgresql_where=text("compare_at NOTNULL")),
    )


class Notice(Model):
    """A message to a payer: what will be debited and how to stop it, or what became of it."""

    __tablename__ = "notices"

    id: Mapped[BigId]
    kind: Mapped[NoticeKind] = mapped_column(words(NoticeKind))
    mandate_id: Mapped[int] = mapped_column(ForeignKey("mandates.id"), index=True)
    debit_id: Mapped[int | None] = mapped_column(ForeignKey("debits.id"), index=True)
    worker_id: Mapped[int] = mapped_column(ForeignKey("workers.id"), index=True)
    amount_idr: Mapped[int] = mapped_column(default=0)
    debit_on: Mapped[date | None]  # for MANDATE_EXPIRES: the last day of the account
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
        CheckConstraint(
            "kind <> 'debit' OR debit_id IS NOT NULL AND debit_on IS NOT NULL AND amount_idr > 0",
            name="announces_a_debit",
        ),
        Index(
            "uq_notices_one_current",
            "debit_id",
            unique=True,
            postgresql_where=text("kind = 'debit' AND state <> 'replaced'"),
        ),
        Index(
            "ix_notices_to_send",
            "worker_id",
            "debit_on",
            postgresql_where=text("state = 'prepared'"),
        ),
    )


class DebitRun(Model):
    """One day's list of an office's debits; it closes: its outcomes add up to what was planned.

    `by_class` counts the refused by `Decline`, and `by_why` the skipped by `last_look.Why`.
    """

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
    recovered: Mapped[int] = mapped_column(default=0)  # of the charged: not by the first try
    recovered_idr: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)
    compared: Mapped[int] = mapped_column(default=0)  # tries that the provider was asked of again
    differing: Mapped[int] = mapped_column(default=0)  # of the compared
    by_class: Mapped[dict[str, Any]] = mapped_column(default=dict)
    by_why: Mapped[dict[str, Any]] = mapped_column(default=dict)

    __table_args__ = (
        UniqueConstraint("office_id", "day"),
        CheckConstraint(
            "closed_at IS NULL OR charged + refused + skipped + unknown = planned",
            name="closes",
        ),
        Index("ix_debit_runs_open", "day", postgresql_where=text("closed_at IS NULL")),
    )


class ListedDebit(Model):
    """A debit on one day's list; `why` says why it was not made that day, if it was not.

    It is a `last_look.Why`, or the `Decline` of an earlier day; empty if nobody looked.
    """

    __tablename__ = "listed_debits"

    run_id: Mapped[int] = mapped_column(ForeignKey("debit_runs.id"), primary_key=True)
    debit_id: Mapped[int] = mapped_column(ForeignKey("debits.id"), primary_key=True, index=True)
    why: Mapped[str] = mapped_column(text_of(30), default="")


class DebitStop(Model):
    """A stop of all debits, or of those through one channel; nothing is debited while it is on."""

    __tablename__ = "debit_stops"

    id: Mapped[BigId]
    channel: Mapped[str] = mapped_column(text_of(30), default="")  # empty: all
    reason: Mapped[str] = mapped_column(text_of(200))
    stopped_at: Mapped[datetime] = mapped_column(default=clock.now)
    stopped_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))  # None: the job itself
    resumed_at: Mapped[datetime | None]
    resumed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    __table_args__ = (
        CheckConstraint("(resumed_at IS NULL) = (resumed_by IS NULL)", name="resumed_by_somebody"),
        Index(
            "uq_debit_stops_one_on",
            "channel",
            unique=True,
            postgresql_where=text("resumed_at IS NULL"),
        ),
    )
