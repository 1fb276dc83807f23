"""The table of what agents agreed to have deducted from their commission."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words
from agentsys.people.models import Agent


class DeductionState(StrEnum):
    """The state of a deduction from an agent's commission."""

    ASKED = "asked"  # the agent asked for it; the office decides
    AGREED = "agreed"  # the next commission payout deducts it
    REFUSED = "refused"  # by the office
    WITHDRAWN = "withdrawn"  # by the agent, before the office decided
    ENDED = "ended"  # by the office: the shortage was paid otherwise
    DEDUCTED = "deducted"  # payouts of commission took all of it


class Deduction(Model):
    """A shortage that an agent and the office agreed to deduct from commission.

    It books nothing: payouts of the commission do.
    """

    __tablename__ = "deductions"

    id: Mapped[BigId]
    agent_id: Mapped[int] = mapped_column(ForeignKey("agents.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"))
    amount_idr: Mapped[int]
    note: Mapped[str] = mapped_column(text_of(200))
    state: Mapped[DeductionState] = mapped_column(
        words(DeductionState), default=DeductionState.ASKED
    )
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(text_of(200), default="")

    agent: Mapped[Agent] = relationship()

    __table_args__ = (
        CheckConstraint("amount_idr > 0 AND note <> ''", name="says_what"),
        CheckConstraint("state = 'withdrawn' OR decided_by <> asked_by", name="four_eyes"),
        CheckConstraint(
            "(state = 'asked') = (decided_by IS NULL)"
            " AND (decided_by IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        Index(
            "uq_deductions_live",
            "agent_id",
            unique=True,
            postgresql_where=text("state IN ('asked', 'agreed')"),
        ),
        Index("ix_deductions_asked", "office_id", postgresql_where=text("state = 'asked'")),
    )
