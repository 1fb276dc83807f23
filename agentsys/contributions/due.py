"""When a month is due, and when people are reminded of it: dated rules, holidays, time zones.

The due day of a month moves off weekends and holidays by a dated rule. Reminders go out by day in
the office's own time zone, and by a rule not on days on which banks are closed.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files

from agentsys.contributions import holidays
from agentsys.contributions.holiday_models import ReminderStage
from agentsys.errors import Refused
from agentsys.months import parse_month

_LAST_LASTS = timedelta(days=10)  # how long the last reminder may come late, after downtime


class DueRulesMissing(Refused):
    """Not exactly one row of a rule applies to a month."""

    text = "Aturan jatuh tempo untuk bulan itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class DueRules:
    """The rules of one month."""

    due_day: int  # of the month itself
    due_shift: int  # off closed days: 1 to the working day after it, -1 before it, 0 not at all
    remind_before_days: int
    remind_after_days: int
    remind_from_hour: int  # in the office's time zone
    remind_until_hour: int
    remind_on_holidays: int  # 1 or 0; weekends count as holidays


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """One reminder of a month at an office: from when on it may go out, and until when."""

    stage: ReminderStage
    from_at: datetime
    until_at: datetime


@lru_cache(maxsize=64)
def rules_in(month: date) -> DueRules:
    """The rules of a month; DueRulesMissing unless exactly one row of each applies."""
    found: dict[str, int] = {}
    for row in _rows():
        last = row["valid_until"]
        if parse_month(row["valid_from"]) <= month and (not last or month <= parse_month(last)):
            if row["rule"] in found:
                raise DueRulesMissing(rule=row["rule"], month=month)
            found[row["rule"]] = int(row["value"])
    try:
        return DueRules(**found)
    except TypeError:
        raise DueRulesMissing(month=month) from None


def due_on(month: date, rules: DueRules | None = None) -> date:
    """The day until which a month is to be paid, moved off closed days by the rule."""
    rules = rules or rules_in(month)
    day = month.replace(day=rules.due_day)
    return holidays.open_day(day, rules.due_shift) if rules.due_shift else day


def reminders(
    month: date, zone: tzinfo | None, rules: DueRules | None = None
) -> Sequence[Reminder]:
    """The reminders of a month in an office's time zone, in order; one ends as the next begins.

    One that could not go out in its time is left out: nobody is reminded twice at once.
    """
    rules = rules or rules_in(month)
    due = due_on(month, rules)
    days = {
        ReminderStage.BEFORE: _day(due - timedelta(days=rules.remind_before_days), -1, rules),
        ReminderStage.DUE: _day(due, -1, rules),
        ReminderStage.AFTER: _day(due + timedelta(days=rules.remind_after_days), 1, rules),
    }
    begins = [
        (stage, datetime.combine(day, time(rules.remind_from_hour), zone))
        for stage, day in days.items()
    ]
    ends = [at for _stage, at in begins[1:]] + [begins[-1][1] + _LAST_LASTS]
    return [
        Reminder(stage=stage, from_at=begin, until_at=end)
        for (stage, begin), end in zip(begins, ends, strict=True)
        if begin < end
    ]


def going_out(local: datetime) -> tuple[date, ReminderStage] | None:
    """The reminder that may go out at a local time: its month and stage; None if there is none.

    None at night, and on closed days unless a rule allows them.
    """
    month = local.date().replace(day=1)
    rules = rules_in(month)
    if not rules.remind_from_hour <= local.hour < rules.remind_until_hour:
        return None
    if not rules.remind_on_holidays and holidays.is_closed(local.date()):
        return None
    for reminder in reminders(month, local.tzinfo, rules):
        if reminder.from_at <= local < reminder.until_at:
            return month, reminder.stage
    return None


def _day(day: date, step: int, rules: DueRules) -> date:
    return day if rules.remind_on_holidays else holidays.open_day(day, step)


@lru_cache(maxsize=1)
def _rows() -> tuple[dict[str, str], ...]:
    table = files("agentsys.contributions") / "tables" / "due_rules.csv"
    return tuple(csv.DictReader(table.read_text("utf-8").splitlines()))
