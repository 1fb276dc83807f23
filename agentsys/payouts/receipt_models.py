"""The tables of what BPJS paid an office for commissions, and of settled differences."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class ReceiptState(StrEnum):
    """The state of a payment of BPJS for commissions."""

    RECORDED = "recorded"  # waits for a second person
    CONFIRMED = "confirmed"  # booked: what BPJS paid can be paid out
    REFUSED = "refused"  # by the second person; nothing was booked
    WITHDRAWN = "withdrawn"  # by who recorded it; nothing was booked


class DifferenceWay(StrEnum):
    """How a difference between BPJS' sum and ours is settled."""

    BPJS_COUNTS = "bpjs_counts"  # the agent gets what BPJS paid
    OFFICE_BEARS = "office_bears"  # the office pays what BPJS paid too little


class DifferenceState(StrEnum):
    """The state of a proposal to settle a difference with BPJS about a commission."""

    PROPOSED = "proposed"  # explained; a second person decides
    BOOKED = "booked"  # decided by a second person, and booked
    REFUSED = "refused"  # by the second person; the difference is open again


class CommissionReceipt(Model):
    """What BPJS paid an office for the commissions of one month, with the bank's reference."""

    __tablename__ = "commission_receipts"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    month: Mapped[date]
    gross_idr: Mapped[int]  # for the agents and the office, before tax
    office_idr: Mapped[int]  # the office's own part of it
    tax_idr: Mapped[int]  # what BPJS withheld of the gross sum
    bank_ref: Mapped[str] = mapped_column(text_of(80))
    received_on: Mapped[date]
    state: Mapped[ReceiptState] = mapped_column(words(ReceiptState), default=ReceiptState.RECORDED)
    recorded_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")  # of a refusal

    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="of_a_month"),
        CheckConstraint("tax_idr >= 0 AND gross_idr > tax_idr", name="something_came"),
        CheckConstraint("bank_ref <> ''", name="can_be_found_at_the_bank"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> recorded_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'recorded') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("state <> 'refused' OR reason <> ''", name="refused_for_a_reason"),
        Index(
            "uq_commission_receipts_ref_key_live",
            "office_id",
            text("ref_key(bank_ref)"),
            unique=True,
            postgresql_where=text("state IN ('recorded', 'confirmed')"),
        ),
        Index("ix_commission_receipts_office_id_month", "office_id", "month"),
    )


class CommissionReceiptLine(Model):
    """What BPJS paid for one agent's statement."""

    __tablename__ = "commission_receipt_lines"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("commission_receipts.id"), primary_key=True)
    statement_id: Mapped[int] = mapped_column(
        ForeignKey("statements.id"), primary_key=True, index=True
    )
    paid_idr: Mapped[int]
    # What of it could be paid out when it was booked; the rest was on hold.
    freed_idr: Mapped[int | None]


class CommissionDifference(Model):
    """A proposal how a statement's difference with BPJS is settled, and why it came about."""

    __tablename__ = "commission_differences"

    id: Mapped[BigId]
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    month: Mapped[date]
    statement_id: Mapped[int] = mapped_column(ForeignKey("statements.id"))
    amount_idr: Mapped[int]  # BPJS' sum less ours
    way: Mapped[DifferenceWay] = mapped_column(words(DifferenceWay))
    reason: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[DifferenceState] = mapped_column(
        words(DifferenceState), default=DifferenceState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_idr <> 0 AND reason <> ''", name="says_how_much_and_why"),
        CheckConstraint("way = 'bpjs_counts' OR amount_idr < 0", name="bears_only_what_lacks"),
        CheckConstraint("decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        Index(
            "uq_commission_differences_proposed",
            "statement_id",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_commission_differences_statement_id", "statement_id"),
    )
