"""Tables of the holders of open work, and of the rules of escalation."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import Model, text_of


class WorkAssignment(Model):
    """The holder of one open item. Items have no table: queries find them in other tables."""

    __tablename__ = "work_assignments"

    kind: Mapped[str] = mapped_column(text_of(40), primary_key=True)
    subject: Mapped[str] = mapped_column(text_of(40), primary_key=True)
    holder_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    taken_at: Mapped[datetime] = mapped_column(default=clock.now)
    due_at: Mapped[datetime | None]  # agreed at the hand-over; None: by the kind's rule
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
    """After how many overdue days items are escalated, from a date on."""

    __tablename__ = "escalation_rules"

    # Empty: of every kind without a rule of its own.
    kind: Mapped[str] = mapped_column(text_of(40), primary_key=True, default="", server_default="")
    from_day: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("days BETWEEN 0 AND 60", name="days_in_reach"),)
