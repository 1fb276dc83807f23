"""The table of fees: what providers charged for orders that they settled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class GatewayFee(Model):
    """The fee and its tax of one line of a provider's report; each is an entry of its own."""

    __tablename__ = "gateway_fees"

    id: Mapped[BigId]
    # No foreign keys: lines are never removed, and a report has a million of them.
    line_id: Mapped[int | None]  # None if it was restored from the journal
    payment_id: Mapped[int | None]  # None if the provider charged it without an order
    provider: Mapped[str] = mapped_column(text_of(30))
    # None: it was divided among the offices whose money the provider held
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    fee_idr: Mapped[int]
    tax_idr: Mapped[int]
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    booked_at: Mapped[datetime] = mapped_column(default=clock.now)
    reversed_at: Mapped[datetime | None]  # undone by a correction

    __table_args__ = (
        CheckConstraint(
            "fee_idr >= 0 AND tax_idr >= 0 AND fee_idr + tax_idr > 0", name="costs_money"
        ),
        Index(
            "uq_gateway_fees_line_id",
            "line_id",
            unique=True,
            postgresql_where=text("reversed_at IS NULL"),
        ),
        Index("ix_gateway_fees_provider", "provider", "booked_at"),
    )
