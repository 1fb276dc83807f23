"""How workers of the demo city pay: a habit says when they pay, and for which months."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum, auto

from agentsys.demo.city.times import Times, moment
from agentsys.months import add_months

AHEAD_MONTHS = 2


class Habit(Enum):
    """How a worker pays."""

    PROMPT = auto()  # every month, in that month
    LATE = auto()  # every month, a month late
    PAIRS = auto()  # two months together
    ADVANCE = auto()  # prompt, and with the newest payment two more in advance
    BEHIND_1 = auto()  # stopped: so many months of arrears
    BEHIND_2 = auto()
    BEHIND_3 = auto()
    BEHIND_4 = auto()
    GONE = auto()  # stopped, and the enrolment was ended
    DUE = auto()  # prompt, but this month is still open
    TODAY = auto()  # prompt, and paid this month just now
    COVERED = auto()  # every month is paid in the month before
    SPONSORED = auto()  # the city pays, and has not paid this month yet


# Of a hundred workers who pay for themselves.
SHARES = {
    Habit.PROMPT: 60,
    Habit.LATE: 14,
    Habit.PAIRS: 6,
    Habit.ADVANCE: 4,
    Habit.BEHIND_1: 6,
    Habit.BEHIND_2: 4,
    Habit.BEHIND_3: 3,
    Habit.BEHIND_4: 2,
    Habit.GONE: 1,
}
_BEHIND = {
    Habit.DUE: 0,
    Habit.BEHIND_1: 1,
    Habit.BEHIND_2: 2,
    Habit.BEHIND_3: 3,
    Habit.BEHIND_4: 4,
    Habit.GONE: 3,
}

Instalment = tuple[datetime, list[date]]


def usual_habit(rng: random.Random) -> Habit:
    """A random habit, by the shares."""
    return rng.choices(tuple(SHARES), tuple(SHARES.values()))[0]


def instalments(
    habit: Habit, months: list[date], day: int, times: Times, rng: random.Random
) -> Iterator[Instalment]:
    """When a worker pays which of these months, up to now."""
    for at, paid in _planned(habit, months, day, times, rng):
        if at < times.now:
            yield at, paid


def _planned(
    habit: Habit, months: list[date], day: int, times: Times, rng: random.Random
) -> Iterator[Instalment]:
    if habit is Habit.PAIRS:
        for first in range(0, len(months), 2):
            pair = months[first : first + 2]
            yield _moment(pair[-1], day, rng), pair
        return
    open_from = add_months(times.this_month, -_BEHIND[habit]) if habit in _BEHIND else date.max
    for month in months:
        if month < open_from:
            yield _paid_at(habit, month, day, times, rng), _paid_for(habit, month, day, times)


def _paid_at(habit: Habit, month: date, day: int, times: Times, rng: random.Random) -> datetime:
    if habit is Habit.LATE:
        return _moment(add_months(month, 1), day, rng)
    if habit is Habit.COVERED:
        return _moment(add_months(month, -1), 3, rng)
    if habit is Habit.TODAY and month == times.this_month:
        return times.ago(minutes=45)
    return _moment(month, day, rng)


def _paid_for(habit: Habit, month: date, day: int, times: Times) -> list[date]:
    # Before the worker's day of this month, the newest payment is that of the month before.
    began = moment(times.this_month, max(1, day - 1), 7 * 60) < times.now
    newest = times.this_month if began else add_months(times.this_month, -1)
    more = AHEAD_MONTHS if habit is Habit.ADVANCE and month == newest else 0
    return [add_months(month, later) for later in range(more + 1)]


def _moment(month: date, day: int, rng: random.Random) -> datetime:
    """A time in the daytime, on or near that day."""
    return moment(month, max(1, day + rng.randrange(-1, 3)), 7 * 60 + rng.randrange(13 * 60))
