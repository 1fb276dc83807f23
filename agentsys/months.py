"""Contribution months: dates with day 1, in the head office's time zone (WIB)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

HEAD_OFFICE = ZoneInfo("Asia/Jakarta")


def month_of(moment: date | datetime) -> date:
    """The contribution month of a day, or of a time in the head office's time zone."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(HEAD_OFFICE).date()
    return moment.replace(day=1)


def add_months(month: date, count: int) -> date:
    """The month that many months later (or earlier, if negative)."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(first: date, last: date) -> Iterator[date]:
    """Each month from the first to the last, both included."""
    while first <= last:
        yield first
        first = add_months(first, 1)


def parse_month(text: str) -> date:
    """A month written `2026-11`; ValueError otherwise."""
    match = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text.strip())
    if not match:
        raise ValueError(f"bukan bulan (contoh: 2026-11): {text!r}")
    return date(int(match[1]), int(match[2]), 1)
