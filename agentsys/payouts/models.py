"""The tables of payouts of commissions: batches, their lines, and the tax withheld."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.payouts.tax import TaxKind
from agentsys.people.models import Agent


class BatchState(StrEnum):
    """The state of a batch of payouts."""

    PREPARED = "prepared"  # waits for a second person
    APPROVED = "approved"  # tax is withheld; the bank has no file yet
    SENT = "sent"  # the bank or the gateway has it
    FINISHED = "finished"  # the end of each line is known
    CANCELLED = "cancelled"  # nothing of it was or will be transferred


class LineState(StrEnum):
    """The state of a payout to one agent."""

    PREPARED = "prepared"  # computed; nothing is booked
    APPROVED = "approved"  # tax and deductions are booked; the rest is to be transferred
    SENT = "sent"  # the bank or the gateway may have it; nobody knows its end yet
    SUCCEEDED = "succeeded"  # the agent has the money
    FAILED = "failed"  # it was never paid; it is owed again
    RETURNED = "returned"  # it was paid and came back; it is owed again
    CANCELLED = "cancelled"  # taken out before it was sent; it is owed again


class PayoutBatch(Model):
    """Payouts of one office that are approved and sent together."""

    __tablename__ = "payout_batches"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    layout: Mapped[str] = mapped_column(text_of(40))  # of the bank's file, or a gateway's name
    state: Mapped[BatchState] = mapped_column(words(BatchState), default=BatchState.PREPARED)
    prepared_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    prepared_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # of a cancellation

    lines: Mapped[list[PayoutLine]] = relationship(order_by="PayoutLine.id")

    __table_args__ = (
        CheckConstraint("decided_by <> prepared_by OR state = 'cancelled'", name="four_eyes"),
        CheckConstraint(
            "(state = 'prepared') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "(sent_at IS NULL) = (sent_by IS NULL)"
            " AND (state IN ('sent', 'finished')) = (sent_at IS NOT NULL)",
            name="sent_whole",
        ),
        CheckConstraint("(state = 'finished') = (finished_at IS NOT NULL)", name="finished_whole"),
        Index(
            "ix_payout_batches_open",
            "office_id",
            postgresql_where=text("state IN ('prepared', 'approved', 'sent')"),
        ),
        Index("ix_payout_batches_office_id_id", "office_id", "id"),
    )


class PayoutLine(Model):
    """One payout to one agent; its sums and its account never change."""

    __tablename__ = "payout_lines"

    id: Mapped[BigId]
    batch_id: Mapped[int] = mapped_column(ForeignKey("payout_batches.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    number: Mapped[int]  # of the agent's payouts, from 1
    key: Mapped[str] = mapped_column(text_of(40), unique=True)  # the same at each attempt
    account_id: Mapped[int] = mapped_column(ForeignKey("agent_accounts.id"))
    gross_idr: Mapped[int]  # commission that no payout paid yet
    deduction_idr: Mapped[int]  # of a shortage, as agreed with the agent
    deduction_id: Mapped[int | None] = mapped_column(ForeignKey("deductions.id"))
    tax_idr: Mapped[int]
    again_idr: Mapped[int]  # of earlier payouts that failed or came back; taxed then
    net_idr: Mapped[int]
    state: Mapped[LineState] = mapped_column(words(LineState), default=LineState.PREPARED)
    withheld_at: Mapped[datetime | None]  # when tax and deductions were booked
    sent_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    paid_on: Mapped[date | None]  # by the bank's result
    bank_ref: Mapped[str] = mapped_column(text_of(80), default="")
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # why it failed or came back

    agent: Mapped[Agent] = relationship()

    __table_args__ = (
        CheckConstraint(
            "net_idr = gross_idr - deduction_idr - tax_idr + again_idr AND net_idr > 0",
            name="adds_up",
        ),
        CheckConstraint(
            "gross_idr >= 0 AND deduction_idr >= 0 AND tax_idr >= 0 AND again_idr >= 0",
            name="no_part_is_negative",
        ),
        CheckConstraint(
            "(deduction_idr > 0) = (deduction_id IS NOT NULL)", name="deducts_what_was_agreed"
        ),
        CheckConstraint(
            "state IN ('prepared', 'cancelled') OR withheld_at IS NOT NULL", name="withheld_first"
        ),
        CheckConstraint(
            "(state IN ('sent', 'succeeded', 'failed', 'returned')) = (sent_at IS NOT NULL)",
            name="sent_whole",
        ),
        CheckConstraint(
            "(state IN ('succeeded', 'failed', 'returned', 'cancelled')) = (ended_at IS NOT NULL)",
            name="ended_whole",
        ),
        Index("uq_payout_lines_agent_id_number", "agent_id", "number", unique=True),
        Index(
            "uq_payout_lines_live",
            "agent_id",
            unique=True,
            postgresql_where=text("state IN ('prepared', 'approved', 'sent')"),
        ),
    )


class PayoutFile(Model):
    """The file of a batch for the bank, sealed; its bytes never change."""

    __tablename__ = "payout_files"

    batch_id: Mapped[int] = mapped_column(ForeignKey("payout_batches.id"), primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    day: Mapped[date]
    number: Mapped[int]  # of the office's files of that day, from 1
    name: Mapped[str] = mapped_column(text_of(120))
    sha256: Mapped[str] = mapped_column(text_of(64))
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (
        Index("uq_payout_files_office_id_day_number", "office_id", "day", "number", unique=True),
    )


class Withholding(Model):
    """Income tax withheld from one payout: the row of the register, and of a slip."""

    __tablename__ = "withholdings"

    line_id: Mapped[int] = mapped_column(ForeignKey("payout_lines.id"), primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    kind: Mapped[TaxKind] = mapped_column(words(TaxKind))
    tax_month: Mapped[date]
    gross_idr: Mapped[int]
    before_idr: Mapped[int]  # gross in the same period before this payout
    base_idr: Mapped[int]
    tax_idr: Mapped[int]
    surcharge: Mapped[bool]  # no taxpayer number counted
    steps: Mapped[list[dict[str, Any]]]  # percentage and base of each bracket
    account_id: Mapped[int] = mapped_column(ForeignKey("agent_accounts.id"))  # has the NPWP
    slip_number: Mapped[str] = mapped_column(text_of(40), default="")  # given by the tax office
    withheld_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("extract(day FROM tax_month) = 1", name="of_a_month"),
        CheckConstraint("gross_idr > 0 AND tax_idr >= 0 AND before_idr >= 0", name="of_something"),
        Index("ix_withholdings_agent_id_tax_month", "agent_id", "tax_month"),
        Index("ix_withholdings_office_id_tax_month", "office_id", "tax_month"),
    )


class NpwpCheck(Model):
    """What the tax office said about a taxpayer number; the newest of an account counts."""

    __tablename__ = "npwp_checks"

    id: Mapped[BigId]
    account_id: Mapped[int] = mapped_column(ForeignKey("agent_accounts.id"), index=True)
    is_matched: Mapped[bool]
    evidence: Mapped[str] = mapped_column(text_of(200))
    checked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    checked_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("evidence <> ''", name="says_how_it_is_known"),)
