"""The dated settings of auto-debit, and the days that they lead to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.contributions.holidays import is_closed as is_closed  # noqa: PLC0414
from agentsys.contributions.holidays import open_day
from agentsys.errors import Refused

FIRST_DAY, LATEST_DAY = 1, 28  # the days of a month that a payer may choose


class RulesMissing(Refused):
    """Not exactly one row of settings applies to a day."""

    text = "Aturan debit otomatis untuk hari itu belum ada, atau ada dua. Minta pengelola."


class ClosedDays(StrEnum):
    """Where a debit goes whose day is a weekend or a public holiday."""

    LATER = "later"
    EARLIER = "earlier"
    SAME = "same"


@dataclass(frozen=True, kw_only=True)
class DebitRules:
    """The settings of auto-debit that apply to one day."""

    notice_hours: int  # between a counted notice and the debit
    notice_days_ahead: int  # how early the notice is prepared
    retry_days: tuple[int, ...]  # after the first try, for lack of funds
    soon_minutes: tuple[int, ...]  # after a technical fault, on the same day
    most_tries: int  # of one debit, for whatever reason
    last_day: int  # of the month: no debit of a month is tried after it
    closed_days: ClosedDays
    most_months: int  # of arrears in one debit, the oldest first
    renew_days_ahead: int  # how early a payer is asked to renew an account that ends
    from_hour: int  # debits are made from this hour on, in the office's time
    until_hour: int
    most_per_minute: int  # debits, of all channels together
    certainty: str
    source: str


def rules_for(day: date) -> DebitRules:
    """The settings that apply to a day; RulesMissing unless exactly one row does."""
    found = [rules for start, end, rules in _table() if start <= day and (not end or day <= end)]
    if len(found) != 1:
        raise RulesMissing(day=day)
    return found[0]


def debit_day(month: date, chosen_day: int, rules: DebitRules) -> date:
    """The real day of a month's first try, moved off closed days and kept within `last_day`."""
    latest = month.replace(day=rules.last_day)
    day = min(month.replace(day=min(chosen_day, LATEST_DAY)), latest)
    if rules.closed_days is ClosedDays.SAME:
        return day
    step = timedelta(days=1 if rules.closed_days is ClosedDays.LATER else -1)
    moved = _moved(day, step)
    if month <= moved <= latest:
        return moved
    return _moved(day, -step)


def opens_at(local: datetime, rules: DebitRules) -> datetime | None:
    """When debits may be made again at an office; None if they may be made now."""
    if rules.from_hour <= local.hour < rules.until_hour:
        return None
    day = local.date() if local.hour < rules.from_hour else local.date() + timedelta(days=1)
    return datetime.combine(day, time(rules.from_hour), tzinfo=local.tzinfo)


def retry_day(first_try: date, refused: int, rules: DebitRules) -> date | None:
    """The day of the next try after so many refused for lack of funds; None if none is left."""
    if not 1 <= refused <= len(rules.retry_days):
        return None
    day = _moved(first_try + timedelta(days=rules.retry_days[refused - 1]), timedelta(days=1))
    return day if day <= first_try.replace(day=rules.last_day) else None


def further_tries(
    first_try: date, due: date, tries: int, rules: DebitRules, *, last_on: date
) -> list[date]:
    """The days on which a debit is tried again if funds lack on `due` and on each later day."""
    days: list[date] = []
    while (planned := retry_day(first_try, tries + len(days) + 1, rules)) is not None:
        day = max(planned, next_open_day(days[-1] if days else due))
        if day > last_on or tries + len(days) + 2 > rules.most_tries:
            break
        days.append(day)
    return days


def next_open_day(day: date) -> date:
    """The first working day after a day."""
    return _moved(day + timedelta(days=1), timedelta(days=1))


def _moved(day: date, step: timedelta) -> date:
    return open_day(day, step.days)


@lru_cache
def _table() -> list[tuple[date, date | None, DebitRules]]:
    return [
        (
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            DebitRules(
                notice_hours=int(row["notice_hours"]),
                notice_days_ahead=int(row["notice_days_ahead"]),
                retry_days=_numbers(row["retry_days"]),
                soon_minutes=_numbers(row["soon_minutes"]),
                most_tries=int(row["most_tries"]),
                last_day=int(row["last_day"]),
                closed_days=ClosedDays(row["closed_days"]),
                most_months=int(row["most_months"]),
                renew_days_ahead=int(row["renew_days_ahead"]),
                from_hour=int(row["from_hour"]),
                until_hour=int(row["until_hour"]),
                most_per_minute=int(row["most_per_minute"]),
                certainty=row["certainty"],
                source=row["source"],
            ),
        )
        for row in _rows("rules.csv")
    ]


def _numbers(listed: str) -> tuple[int, ...]:
    return tuple(int(number) for number in listed.split(";") if number)


def _rows(name: str) -> list[dict[str, str]]:
    table = files(__package__).joinpath("tables", name)
    return list(csv.DictReader(table.read_text("utf-8").splitlines()))
