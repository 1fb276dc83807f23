"""The table of money with providers that no payment explains."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words


class Outcome(StrEnum):
    """How unexplained money was resolved."""

    EXPLAINED = "explained"  # a payment of ours came after all
    RETURNED = "returned"  # it went back to whoever it was from


class Unexplained(Model):
    """Money that a provider holds or paid out, and that no payment of ours explains.

    Or what an agent paid to a provider beyond a deposit; it can only be returned.
    """

    __tablename__ = "unexplained"

    id: Mapped[BigId]
    provider: Mapped[str] = mapped_column(text_of(30))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    amount_idr: Mapped[int]
    reason: Mapped[str] = mapped_column(text_of(200))
    booked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    booked_at: Mapped[datetime] = mapped_column(default=clock.now)
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))  # of the agent
    outcome: Mapped[Outcome | None] = mapped_column(words(Outcome))
    note: Mapped[str] = mapped_column(text_of(200), default="")
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("amount_idr > 0", name="is_money"),
        CheckConstraint("reason <> ''", name="has_a_reason"),
        CheckConstraint(
            "num_nonnulls(outcome, closed_by, closed_at) IN (0, 3)", name="closed_by_somebody"
        ),
        Index(None, "payment_id", postgresql_where=text("payment_id IS NOT NULL")),
        Index("ix_unexplained_open", "id", postgresql_where=text("closed_at IS NULL")),
    )
