"""When a subscription is charged, and how often it is tried again."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, datetime

from agentsys.demo.midtrans_simulator.engine.vocabulary import WIB

SECONDS = {"minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}
UNITS = ("day", "week", "month")
RETRY_UNITS = ("minute", "hour", "day")
MOST_RETRIES = 3
START_FORMAT = "%Y-%m-%d %H:%M:%S %z"


@dataclass(kw_only=True)
class Schedule:
    """Charges at equal distances from an anchor, each time by one interval."""

    anchor: float  # the first charge, or the one after which the interval was changed
    interval: int
    unit: str
    most: int | None = None  # charges in all; None: without end
    next_interval: int = 0  # takes effect after the next charge; 0: no change

    def after(self, moment: float) -> float:
        """The first charge after the moment."""
        number = self._number_near(moment)
        while (due := self._at(number)) <= moment:
            number += 1
        return due

    def _number_near(self, moment: float) -> int:
        # Never beyond the number sought: the longest month has 31 days.
        longest_s = SECONDS.get(self.unit, 31 * SECONDS["day"]) * self.interval
        return max(0, int((moment - self.anchor) // longest_s))

    def _at(self, number: int) -> float:
        if self.unit == "month":
            return _months_later(self.anchor, number * self.interval)
        return self.anchor + number * self.interval * SECONDS[self.unit]

    def charged(self, moment: float) -> None:
        """Let a changed interval take effect, counted from this charge."""
        if self.next_interval:
            self.anchor, self.interval, self.next_interval = moment, self.next_interval, 0


@dataclass(kw_only=True)
class Retries:
    """How a failed charge is tried again."""

    interval: int = 1
    unit: str = "hour"
    most: int = MOST_RETRIES

    def after(self, moment: float) -> float:
        """When to try again."""
        return moment + self.interval * SECONDS[self.unit]


def _months_later(moment: float, months: int) -> float:
    start = datetime.fromtimestamp(moment, UTC).astimezone(WIB)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day).timestamp()


def start_of(text: str) -> float:
    """The moment of a start_time such as "2026-12-01 07:00:00 +0700"; ValueError otherwise."""
    return datetime.strptime(text, START_FORMAT).timestamp()
