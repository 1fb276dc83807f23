"""Choosing the month of a billing run and queueing it, for every page that offers it."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_security import current_user

from agentsys import clock, jobs
from agentsys.db import transaction
from agentsys.errors import Invalid
from agentsys.job_queries import BILL_MONTH
from agentsys.months import add_months, parse_month

BACK, AHEAD = 3, 1  # months before and after this one that can be chosen


def choices() -> list[dict[str, Any]]:
    """The months that can be billed, the latest first, for a select."""
    this_month = clock.this_month()
    return [
        {"value": f"{month:%Y-%m}", "month": month, "current": month == this_month}
        for month in _months()
    ]


def month_or_none(given: str) -> date | None:
    """The month that an address or a form names; None if the text is no month."""
    try:
        return parse_month(given)
    except ValueError:
        return None


def queue(given: str) -> tuple[date, bool]:
    """Queue a run of the user's offices; the month, and whether none waited already.

    Invalid if the month is not one of the choices.
    """
    month = month_or_none(given)
    if month is None or month not in _months():
        raise Invalid("Pilih bulan iuran dari daftar.")
    office_id = current_user.office_id
    with transaction() as session:
        queued = jobs.defer(
            session,
            jobs.bill_month,
            once=f"{BILL_MONTH}:{month:%Y-%m}:{office_id or 'all'}",
            month=f"{month:%Y-%m-%d}",
            actor_id=current_user.id,
            office_id=office_id,
        )
    return month, queued


def _months() -> list[date]:
    return [add_months(clock.this_month(), step) for step in range(AHEAD, -BACK - 1, -1)]
