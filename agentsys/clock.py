"""The one place that knows what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime

from agentsys.months import month_of


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def this_month() -> date:
    """The contribution month that runs now on the head office's clock."""
    return month_of(now())
