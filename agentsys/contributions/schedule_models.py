"""Tables of the billing that runs by itself."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import Model

LAST_DAY = 28  # every month has it


class BillingSchedule(Model):
    """On which day and hour of each month an office is billed, in the office's time zone."""

    __tablename__ = "billing_schedules"

    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    day: Mapped[int]
    hour: Mapped[int]
    from_month: Mapped[date]  # the first one that is billed by the schedule
    set_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    set_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint(f"day BETWEEN 1 AND {LAST_DAY}", name="day_of_every_month"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour_of_the_day"),
        CheckConstraint("extract(day FROM from_month) = 1", name="from_a_month"),
    )


class ScheduledBilling(Model):
    """A month that the schedule billed for an office: each one once."""

    __tablename__ = "scheduled_billings"

    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_runs.id"))
