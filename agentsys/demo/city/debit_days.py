"""The days on which the city's debits are tried."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache

from agentsys.demo.city.times import LOCAL, Times, moment
from agentsys.payments.mandates.planning import debit_days
from agentsys.payments.mandates.rules import (
    FIRST_DAY,
    LATEST_DAY,
    RulesMissing,
    next_open_day,
    retry_day,
    rules_for,
)

NIGHT = 70  # minutes after midnight here, when the day has begun in every office's time zone


def newest_day(many: int, times: Times) -> int | None:
    """The day to choose so that the last of so many tries was as short a time ago as possible."""
    found = [
        (try_days(first_day(month, day), many)[-1], day)
        for month in times.months[-2:]
        if has_rules(month)
        for day in range(FIRST_DAY, LATEST_DAY + 1)
        if all_tried(month, day, many, times)
    ]
    return max(found)[1] if found else None


def all_tried(month: date, day: int, many: int, times: Times) -> bool:
    """Whether that number of tries fits into the month, and the last of them is in the past."""
    days = try_days(first_day(month, day), many)
    return len(days) == many and at(days[-1], NIGHT + 30) < times.now


def has_rules(month: date) -> bool:
    """Whether auto-debit has settings for that month."""
    try:
        rules_for(month)
    except RulesMissing:
        return False
    return True


@lru_cache(maxsize=2_000)
def first_day(period: date, chosen: int) -> date:
    """The day of a month's first try; it was planned on the first of that month."""
    return debit_days(period, rules_for(period))[chosen]


@lru_cache(maxsize=2_000)
def try_days(first_on: date, most: int) -> list[date]:
    """The days of a debit's tries, at most so many, if each finds too little money."""
    days = [first_on]
    while len(days) < most:
        again = retry_day(first_on, len(days), rules_for(first_on))
        if again is None:
            break
        again = max(again, next_open_day(days[-1]))
        if again.day > rules_for(first_on).last_day or again.month != first_on.month:
            break
        days.append(again)
    return days


def at(day: date, minute: int) -> datetime:
    """A time of a day in the city."""
    return moment(day.replace(day=1), day.day, minute)


def month_after(ended_at: datetime | None) -> date:
    """The month after the one in which something ended; the last of all if it did not."""
    if ended_at is None:
        return date.max
    first = ended_at.astimezone(LOCAL).date().replace(day=1)
    return (first + timedelta(days=31)).replace(day=1)
