"""The days that follow from the dated settings about agents."""

from __future__ import annotations

from datetime import date, timedelta

from agentsys import clock
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.people.agent_rules import Rule, setting


def today() -> date:
    """The day in the head office's time zone."""
    return clock.now().astimezone(HEAD_OFFICE).date()


def last_active_day(active_on: date) -> date:
    """The last day of the time that an agent may be inactive."""
    return _months_later(active_on, setting(Rule.INACTIVE_MONTHS, today()).value)


def days() -> dict[str, date]:
    """Papers until this day are told of, and agents who were last active before that one."""
    now = today()
    warned = timedelta(days=setting(Rule.PAPER_WARN_DAYS, now).value)
    months = setting(Rule.INACTIVE_MONTHS, now).value
    return {
        "papers_until": now + warned,
        "active_before": _months_later(now, -months) + warned,
    }


def _months_later(day: date, months: int) -> date:
    return add_months(day.replace(day=1), months) + timedelta(days=day.day - 1)
