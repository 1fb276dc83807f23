"""The table of sponsors' money that is counted on for one bill."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import Model


class CreditHold(Model):
    """What an open virtual account asks less, because the agreement has it left.

    One for each agreement, so that no two open bills subtract the same rupiah. It means nothing
    once the virtual account is over.
    """

    __tablename__ = "credit_holds"

    agreement_id: Mapped[int] = mapped_column(
        ForeignKey("agreements.id"), primary_key=True, autoincrement=False
    )
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), unique=True)
    amount_idr: Mapped[int]
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("amount_idr > 0", name="holds_money"),)
