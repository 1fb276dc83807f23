"""The table of payouts: money that providers sent to the bank account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class GatewayPayout(Model):
    """Money that a provider paid out to the bank account, as finance saw it on the statement."""

    __tablename__ = "gateway_payouts"

    id: Mapped[BigId]
    provider: Mapped[str] = mapped_column(text_of(30))
    bank_ref: Mapped[str] = mapped_column(text_of(80))
    amount_idr: Mapped[int]
    fee_idr: Mapped[int] = mapped_column(default=0)
    # None: it was divided among the offices whose money the provider held
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now)
    reversed_at: Mapped[datetime | None]  # recorded wrongly, and undone by a correction

    __table_args__ = (
        # Without case, blanks and marks, so that no payout is booked again.
        Index(
            "uq_gateway_payouts_ref_key",
            "provider",
            text("ref_key(bank_ref)"),
            unique=True,
            postgresql_where=text("reversed_at IS NULL"),
        ),
        CheckConstraint("amount_idr > 0 AND fee_idr >= 0", name="brings_money"),
    )
