"""Public holidays: a dated table of the package, and what people added to it or removed.

Each process keeps the changes that it has read, as it does with tariff tables; who plans by days
refreshes them.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.contributions.holiday_models import HolidayChange

_SATURDAY = 5


@dataclass(frozen=True, kw_only=True)
class Holiday:
    """A public holiday, how certain its day is, and who says so."""

    day: date
    name: str
    certainty: str  # `secondary` or `unsure`; `recorded` if somebody here added it
    source: str


@dataclass(frozen=True)
class _Changes:
    version: tuple[int, datetime | None] = (0, None)
    added: Mapping[date, Holiday] | None = None
    removed: frozenset[date] = frozenset()


_read = [_Changes()]  # replaced as a whole, so that no thread sees half of it


def is_holiday(day: date) -> bool:
    """Whether a day is a public holiday."""
    changes = _read[0]
    if changes.added and day in changes.added:
        return True
    return day in packaged() and day not in changes.removed


def is_closed(day: date) -> bool:
    """Whether banks are closed: a weekend or a public holiday."""
    return day.weekday() >= _SATURDAY or is_holiday(day)


def open_day(day: date, step: int) -> date:
    """The day itself if banks are open, else the next open one in that direction, 1 or -1."""
    while is_closed(day):
        day += timedelta(days=step)
    return day


def between(first: date, last: date) -> list[Holiday]:
    """The public holidays from the first to the last day, in order."""
    changes = _read[0]
    known = {day: row for day, row in packaged().items() if day not in changes.removed}
    known |= changes.added or {}
    return [known[day] for day in sorted(known) if first <= day <= last]


def refresh(session: Session) -> None:
    """Read what people added and removed, if anything changed."""
    count, newest = session.execute(select(func.count(), func.max(HolidayChange.made_at))).one()
    if (count, newest) == _read[0].version:
        return
    last = select(func.max(HolidayChange.id)).group_by(HolidayChange.day).scalar_subquery()
    rows = session.scalars(select(HolidayChange).where(HolidayChange.id.in_(last))).all()
    _read[0] = _Changes(
        (count, newest),
        {
            row.day: Holiday(day=row.day, name=row.name, certainty="recorded", source=row.source)
            for row in rows
            if row.is_holiday
        },
        frozenset(row.day for row in rows if not row.is_holiday),
    )


def forget() -> None:
    """Forget what was read, so that only the package's table counts until the next refresh."""
    _read[0] = _Changes()


@lru_cache(maxsize=1)
def packaged() -> Mapping[date, Holiday]:
    """The holidays of the package's table."""
    table = files("agentsys.contributions") / "tables" / "holidays.csv"
    rows = csv.DictReader(table.read_text("utf-8").splitlines())
    return {
        date.fromisoformat(row["day"]): Holiday(
            day=date.fromisoformat(row["day"]),
            name=row["name"],
            certainty=row["certainty"],
            source=row["source"],
        )
        for row in rows
    }
