"""The table of agents' counts of their cash, each written down before the expected sum is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model


class CashCount(Model):
    """What an agent counted, and what the receipts added up to at that moment; never changed."""

    __tablename__ = "cash_counts"

    id: Mapped[BigId]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    receipts: Mapped[int]  # the oldest, for which the cash was counted
    expected_idr: Mapped[int]
    counted_idr: Mapped[int]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # of each note and coin
    counted_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    counted_at: Mapped[datetime] = mapped_column(default=clock.now)
    # The deposit that was declared after this count; it uses the newest of its counts.
    deposit_id: Mapped[int | None] = mapped_column(ForeignKey("deposits.id"), index=True)

    __table_args__ = (
        CheckConstraint("receipts > 0 AND expected_idr > 0 AND counted_idr >= 0", name="counted"),
        Index(None, "agent_id", "id"),
    )
