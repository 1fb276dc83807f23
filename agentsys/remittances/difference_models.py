"""The tables of differences between what BPJS was paid and what the workers paid us."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class DifferenceKind(StrEnum):
    """Why BPJS was paid another sum than that of the contributions."""

    SUM = "sum"  # BPJS asked for more or less than our sum
    AGAIN = "again"  # the same contributions were paid a second time


class SettlementWay(StrEnum):
    """How differences are settled."""

    BANK = "bank"  # BPJS gives the money back, or gets what is missing
    WORKER = "worker"  # the worker owes what was too little, or is owed what was too much
    OFFICE = "office"  # the office bears it
    MISTAKE = "mistake"  # the second payment was never made


class SettlementState(StrEnum):
    """The state of a proposal to settle differences."""

    PROPOSED = "proposed"  # explained; a second person decides
    BOOKED = "booked"  # decided by a second person, and booked
    REFUSED = "refused"  # rejected; the differences are open again


class DifferenceSettlement(Model):
    """A proposal how differences of one batch are settled, and why they came about."""

    __tablename__ = "difference_settlements"

    id: Mapped[BigId]
    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittances.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[DifferenceKind] = mapped_column(words(DifferenceKind))
    way: Mapped[SettlementWay] = mapped_column(words(SettlementWay))
    amount_idr: Mapped[int]  # the sum of its differences; negative: BPJS was paid too little
    bank_ref: Mapped[str] = mapped_column(text_of(80), default="")
    reason: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[SettlementState] = mapped_column(
        words(SettlementState), default=SettlementState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_idr <> 0 AND reason <> ''", name="says_how_much_and_why"),
        CheckConstraint("(way = 'bank') = (bank_ref <> '')", name="can_be_found_at_the_bank"),
        CheckConstraint("state <> 'booked' OR decided_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        Index(
            "uq_difference_settlements_ref_key_live",
            text("ref_key(bank_ref)"),
            text("(amount_idr > 0)"),
            unique=True,
            postgresql_where=text("state <> 'refused' AND bank_ref <> ''"),
        ),
    )


class RemittanceDifference(Model):
    """What BPJS was paid too much (positive) or too little for a batch, or for one of its workers.

    It is open until the settlement that it is in is booked.
    """

    __tablename__ = "remittance_differences"

    id: Mapped[BigId]
    remittance_id: Mapped[int] = mapped_column(ForeignKey("remittances.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    kind: Mapped[DifferenceKind] = mapped_column(words(DifferenceKind))
    worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"), index=True)
    month: Mapped[date | None]  # of the worker's contribution
    ours_idr: Mapped[int]
    theirs_idr: Mapped[int]
    bpjs_ref: Mapped[str] = mapped_column(text_of(40), default="")
    note: Mapped[str] = mapped_column(text_of(200), default="")
    opened_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    opened_at: Mapped[datetime] = mapped_column(default=clock.now)
    settlement_id: Mapped[int | None] = mapped_column(
        ForeignKey("difference_settlements.id"), index=True
    )
    settled_at: Mapped[datetime | None]

    @property
    def amount_idr(self) -> int:
        """What BPJS was paid too much; negative: too little."""
        return self.theirs_idr - self.ours_idr

    __table_args__ = (
        CheckConstraint("theirs_idr <> ours_idr AND theirs_idr >= 0", name="is_a_difference"),
        CheckConstraint("(worker_id IS NULL) = (month IS NULL)", name="of_a_month"),
        CheckConstraint("kind <> 'again' OR ours_idr = 0", name="again_is_all_too_much"),
        CheckConstraint("settled_at IS NULL OR settlement_id IS NOT NULL", name="settled_by_two"),
        Index(
            "ix_remittance_differences_again",
            text("ref_key(bpjs_ref)"),
            postgresql_where=text("kind = 'again'"),
        ),
        Index(
            "ix_remittance_differences_open",
            "office_id",
            postgresql_where=text("settled_at IS NULL"),
        ),
    )
