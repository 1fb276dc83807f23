"""The tables of reversals of cash payments, and of the numbers of their counter-receipts."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.payments.models import Payment


class ReversalState(StrEnum):
    """The state of a reversal of a cash payment."""

    PROPOSED = "proposed"  # waits for a second person; the receipt is still valid
    APPROVED = "approved"  # the receipt is void, and its months are open again
    REFUSED = "refused"  # by the second person; nothing was changed
    WITHDRAWN = "withdrawn"  # by who proposed it; nothing was changed


class ReversalWhy(StrEnum):
    """Why a receipt is wrong."""

    WRONG_WORKER = "wrong_worker"  # the money is another worker's
    WRONG_MONTHS = "wrong_months"  # for other months, or for more or fewer of them
    NO_CASH = "no_cash"  # recorded, but no cash was taken
    OTHER = "other"  # the reason says it


class CashReversal(Model):
    """A cash payment that is to be undone; its receipt is voided by a counter-receipt.

    With a worker and months, the same cash pays those instead, with a new receipt.
    """

    __tablename__ = "cash_reversals"

    id: Mapped[BigId]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))  # who took the cash
    why: Mapped[ReversalWhy] = mapped_column(words(ReversalWhy))
    reason: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[ReversalState] = mapped_column(
        words(ReversalState), default=ReversalState.PROPOSED
    )
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    credited: Mapped[bool] = mapped_column(  # the office had the cash: it is the worker's now
        default=False, server_default=text("false")
    )
    year: Mapped[int | None]  # of the counter-receipt, with its place among those of the office
    serial: Mapped[int | None]
    number: Mapped[str | None] = mapped_column(text_of(40), unique=True)
    to_worker_id: Mapped[int | None] = mapped_column(ForeignKey("workers.id"), index=True)
    to_months: Mapped[list[date]] = mapped_column(ARRAY(Date), default=list, server_default="{}")
    new_payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), unique=True)

    payment: Mapped[Payment] = relationship(foreign_keys=[payment_id])

    __table_args__ = (
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint(
            "state IN ('refused', 'withdrawn') OR decided_by <> proposed_by", name="four_eyes"
        ),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint(
            "num_nonnulls(year, serial, number) = CASE state WHEN 'approved' THEN 3 ELSE 0 END"
            " AND (state = 'approved' OR NOT credited)",
            name="approved_has_a_number",
        ),
        CheckConstraint(
            "(to_worker_id IS NULL) = (cardinality(to_months) = 0)"
            " AND (new_payment_id IS NOT NULL) = (state = 'approved' AND to_worker_id IS NOT NULL)"
            " AND NOT (credited AND to_worker_id IS NOT NULL)",
            name="moved_to_months",
        ),
        UniqueConstraint("office_id", "year", "serial"),
        Index(
            "uq_cash_reversals_live",
            "payment_id",
            unique=True,
            postgresql_where=text("state IN ('proposed', 'approved')"),
        ),
        Index(
            "ix_cash_reversals_proposed",
            "office_id",
            postgresql_where=text("state = 'proposed'"),
        ),
        Index("ix_cash_reversals_of_agent", "agent_id", "decided_at"),
    )


class CounterReceiptNumber(Model):
    """The last number of the counter-receipts of an office in a year.

    The row is locked until the transaction that took a number ends, so that none is left out.
    """

    __tablename__ = "counter_receipt_numbers"

    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
