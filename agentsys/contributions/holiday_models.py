"""Tables of public holidays that people added or removed, and of the reminders that went out."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from agentsys import clock
from agentsys.db import BigId, Model, text_of, words

LONGEST_NAME = 60
LONGEST_SOURCE = 200


class HolidayChange(Model):
    """Somebody said that a day is a public holiday, or none; the newest change of a day counts."""

    __tablename__ = "holiday_changes"

    id: Mapped[BigId]
    day: Mapped[date]
    is_holiday: Mapped[bool]
    name: Mapped[str] = mapped_column(text_of(LONGEST_NAME))
    source: Mapped[str] = mapped_column(text_of(LONGEST_SOURCE))
    made_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (CheckConstraint("name <> '' AND source <> ''", name="says_where_from"),)


class ReminderStage(StrEnum):
    """Which reminder about a month it is."""

    BEFORE = "before"  # some days before the due day
    DUE = "due"  # on it
    AFTER = "after"  # some days after it


class ReminderRun(Model):
    """A reminder about a month that went out for an office: each one once."""

    __tablename__ = "reminder_runs"

    office_id: Mapped[int] = mapped_column(ForeignKey("offices.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    stage: Mapped[ReminderStage] = mapped_column(words(ReminderStage), primary_key=True)
    due_on: Mapped[date]
    workers: Mapped[int]  # who owe the month or an earlier one and pay it themselves
    made_at: Mapped[datetime] = mapped_column(default=clock.now)

    __table_args__ = (
        CheckConstraint("extract(day FROM month) = 1", name="month_is_a_month"),
        CheckConstraint("workers >= 0", name="counted"),
    )
