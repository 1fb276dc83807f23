"""The table of delegates: who approves commissions for a supervisor who is away."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of


class Delegation(Model):
    """That a supervisor is away from a day to a day, both included, and who approves meanwhile."""

    __tablename__ = "delegations"

    id: Mapped[BigId]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))  # who is away
    delegate_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    from_on: Mapped[date]
    until_on: Mapped[date]
    reason: Mapped[str] = mapped_column(text_of(200), default="")
    named_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    named_at: Mapped[datetime] = mapped_column(default=clock.now)
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]  # set if it was ended before its last day, or called off

    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_began"),
        CheckConstraint("user_id <> delegate_id", name="two_people"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_whole"),
        Index(
            "ix_delegations_user_id_until_on",
            "user_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_delegations_delegate_id_until_on",
            "delegate_id",
            "until_on",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
