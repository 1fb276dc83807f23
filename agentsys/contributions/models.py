"""The table of contributions, partitioned by month."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys.db import BigId, Model, text_of, words
from agentsys.workers.kinds import CloseReason
from agentsys.workers.models import Funding, Programmes, Sector


class ContributionState(StrEnum):
    """The state of a contribution; the database computes it from the timestamps."""

    BILLED = "billed"  # owed
    COLLECTED = "collected"  # the worker paid us
    REMITTED = "remitted"  # in a batch for BPJS
    CONFIRMED = "confirmed"  # BPJS says PAID: only now is the worker covered


class Contribution(Model):
    """What one worker owes for one month.

    No foreign keys: billing inserts millions of rows read from the tables to which they would
    refer, workers and agents are never deleted, and the audit looks for orphans.
    """

    __tablename__ = "contributions"

    worker_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    office_id: Mapped[int]
    agent_id: Mapped[int | None]
    programmes: Mapped[Programmes] = mapped_column(words(Programmes))
    funding: Mapped[Funding] = mapped_column(words(Funding))
    sector: Mapped[Sector] = mapped_column(words(Sector))
    jkk_idr: Mapped[int]
    jkm_idr: Mapped[int]
    jht_idr: Mapped[int]
    amount_idr: Mapped[int] = mapped_column(Computed("jkk_idr + jkm_idr + jht_idr", persisted=True))
    tariff: Mapped[str] = mapped_column(text_of(40))  # the instruments that made the price
    billed_at: Mapped[datetime]
    bill_id: Mapped[int | None]  # of the sponsor's bill that asks for it
    payment_id: Mapped[int | None]
    remittance_id: Mapped[int | None]
    confirmed_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]  # finance holds it back from BPJS, such as for a refused NIK
    held_by: Mapped[int | None]
    hold_reason: Mapped[str | None] = mapped_column(text_of(200))
    state: Mapped[ContributionState] = mapped_column(
        words(ContributionState),
        Computed(
            "CASE WHEN confirmed_at IS NOT NULL THEN 'confirmed'"
            " WHEN remittance_id IS NOT NULL THEN 'remitted'"
            " WHEN payment_id IS NOT NULL THEN 'collected' ELSE 'billed' END",
            persisted=True,
        ),
    )

    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="month_is_a_month"),
        CheckConstraint("jkk_idr >= 0 AND jkm_idr >= 0 AND jht_idr >= 0", name="not_negative"),
        CheckConstraint(
            "remittance_id IS NULL OR payment_id IS NOT NULL", name="remitted_after_collected"
        ),
        CheckConstraint(
            "confirmed_at IS NULL OR remittance_id IS NOT NULL", name="confirmed_after_remitted"
        ),
        CheckConstraint("held_at IS NULL OR remittance_id IS NULL", name="held_is_not_remitted"),
        CheckConstraint(
            "num_nonnulls(held_at, held_by, hold_reason) IN (0, 3) AND hold_reason <> ''",
            name="held_by_somebody_for_a_reason",
        ),
        Index(
            "ix_contributions_open",
            "agent_id",
            "worker_id",
            "month",
            postgresql_where=text("payment_id IS NULL"),
        ),
        Index(
            "ix_contributions_bill",
            "bill_id",
            "worker_id",
            postgresql_where=text("bill_id IS NOT NULL"),
        ),
        CheckConstraint("bill_id IS NULL OR funding <> 'self'", name="billed_to_who_pays"),
        Index(
            "ix_contributions_payment_id",
            "payment_id",
            postgresql_where=text("payment_id IS NOT NULL"),
        ),
        # A batch is shown in this order; with the batch alone the planner walks all primary keys.
        Index(
            "ix_contributions_remittance_lines",
            "remittance_id",
            "worker_id",
            "month",
            postgresql_where=text("remittance_id IS NOT NULL"),
        ),
        Index(
            "ix_contributions_agent_month",
            "agent_id",
            "month",
            postgresql_include=["amount_idr", "payment_id"],
        ),
        Index(
            "ix_contributions_unconfirmed",
            "agent_id",
            postgresql_where=text("payment_id IS NOT NULL AND confirmed_at IS NULL"),
        ),
        Index(
            "ix_contributions_to_remit",
            "office_id",
            "month",
            postgresql_where=text("payment_id IS NOT NULL AND remittance_id IS NULL"),
        ),
        Index(
            "ix_contributions_held",
            "office_id",
            "worker_id",
            "month",
            postgresql_where=text("held_at IS NOT NULL"),
        ),
        # An agent's months are numbered, and their sums read, from the index alone.
        Index(
            "ix_contributions_confirmed_months",
            "agent_id",
            "confirmed_at",
            postgresql_include=["worker_id", "month", "amount_idr"],
            postgresql_where=text("confirmed_at IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (month)"},
    )


class ClosedContribution(Model):
    """A bill that nobody has to pay any more, moved here from `contributions`.

    So the open contributions stay what they are everywhere: those without a payment.
    """

    __tablename__ = "closed_contributions"

    id: Mapped[BigId]
    worker_id: Mapped[int]
    month: Mapped[date]
    office_id: Mapped[int]
    agent_id: Mapped[int | None]
    programmes: Mapped[Programmes] = mapped_column(words(Programmes))
    funding: Mapped[Funding] = mapped_column(words(Funding))
    sector: Mapped[Sector] = mapped_column(words(Sector))
    jkk_idr: Mapped[int]
    jkm_idr: Mapped[int]
    jht_idr: Mapped[int]
    tariff: Mapped[str] = mapped_column(text_of(40))
    billed_at: Mapped[datetime]
    bill_id: Mapped[int | None]
    why: Mapped[CloseReason] = mapped_column(words(CloseReason))
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None]  # None for a job

    __table_args__ = (
        Index(None, "worker_id", "month"),
        Index(
            "ix_closed_contributions_bill",
            "bill_id",
            postgresql_where=text("bill_id IS NOT NULL"),
        ),
    )


class BillingRun(Model):
    """One run of the monthly billing, and what it did."""

    __tablename__ = "billing_runs"

    id: Mapped[BigId]
    month: Mapped[date] = mapped_column(index=True)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))  # None: all offices
    started_by: Mapped[int | None]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    billed: Mapped[int] = mapped_column(default=0)  # new contributions
    already: Mapped[int] = mapped_column(default=0)  # were billed before
    amount_idr: Mapped[int] = mapped_column(default=0)  # of the new ones
