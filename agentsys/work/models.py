"""Tables of who holds which open work, and after how many days late work is escalated."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import Model, text_of


class WorkAssignment(Model):
    """The user who holds one open item. Items have no table: queries find them in other tables."""

    __tablename__ = "work_assignments"

    kind: Mapped[str] = mapped_column(text_of(40), primary_key=True)
    subject: Mapped[str] = mapped_column(text_of(40), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime | None]  # agreed at the hand-over; None: as the kind's rule says
    handed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    handed_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(text_of(200), default="", server_default="")

    __table_args__ = (
        CheckConstraint(
            "(handed_by IS NULL) = (handed_at IS NULL)", name="handed_over_by_somebody"
        ),
        CheckConstraint("due_at IS NULL OR handed_by IS NOT NULL", name="due_was_agreed"),
    )


class EscalationRule(Model):
    """From a day on: how many days after its due time an item is shown one level higher."""

    __tablename__ = "escalation_rules"

    # Empty: of every kind without a rule of its own.
    kind: Mapped[str] = mapped_column(text_of(40), primary_key=True, default="", server_default="")
    from_day: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("days BETWEEN 0 AND 60", name="days_in_reach"),)
