"""Times of the demo city; all are computed backwards from the present."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from agentsys.months import add_months, month_of

LOCAL = timezone(timedelta(hours=8))  # WITA, which has no summer time


@dataclass(frozen=True)
class Times:
    """The present time, and the months of the history: oldest first, the current one last."""

    now: datetime
    months: tuple[date, ...]

    @property
    def this_month(self) -> date:
        """The current contribution month."""
        return self.months[-1]

    def ago(self, **span: float) -> datetime:
        """A time before now."""
        return self.now - timedelta(**span)

    def billed_at(self, month: date) -> datetime:
        """When a month was billed: on its first night, but half an hour ago at the latest."""
        return min(moment(month, 1, 2 * 60), self.ago(minutes=30))


def times(now: datetime, months: int) -> Times:
    """The times of a history of that many months, the running one included."""
    last = month_of(now)
    return Times(now, tuple(add_months(last, -back) for back in range(months - 1, -1, -1)))


def moment(month: date, day: int, minute: int) -> datetime:
    """A time on a day of a month, in the city's time zone; days after its end become the last."""
    start, length = _month(month)
    return start + timedelta(days=min(day, length) - 1, minutes=minute)


@lru_cache(maxsize=512)
def _month(month: date) -> tuple[datetime, int]:
    start = datetime(month.year, month.month, 1, tzinfo=LOCAL)
    return start, calendar.monthrange(month.year, month.month)[1]
