"""The current time; no other module reads the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime

from agentsys.months import month_of


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def this_month() -> date:
    """The current contribution month in the head office's time zone."""
    return month_of(now())
