"""The days of debits, from the dated settings."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.payments.mandates.rules import (
    ClosedDays,
    RulesMissing,
    debit_day,
    is_closed,
    opens_at,
    retry_day,
    rules_for,
)

RULES = rules_for(date(2026, 11, 1))
MONTH = date(2026, 11, 1)


def test_days_before_the_first_setting_have_no_rules():
    with pytest.raises(RulesMissing):
        rules_for(date(2025, 12, 31))


def test_a_chosen_working_day_stays():
    assert debit_day(MONTH, 10, RULES) == date(2026, 11, 10)


def test_a_weekend_moves_later_or_earlier_as_the_setting_says():
    saturday = date(2026, 11, 14)
    assert is_closed(saturday)
    assert debit_day(MONTH, 14, RULES) == date(2026, 11, 16)
    assert debit_day(MONTH, 14, replace(RULES, closed_days=ClosedDays.EARLIER)) == date(
        2026, 11, 13
    )
    assert debit_day(MONTH, 14, replace(RULES, closed_days=ClosedDays.SAME)) == saturday


def test_a_holiday_moves_like_a_weekend():
    christmas = date(2026, 12, 25)
    assert is_closed(christmas)
    assert debit_day(date(2026, 12, 1), 25, RULES) == date(2026, 12, 24)  # the 28th is too late


@given(
    st.dates(date(2026, 1, 1), date(2027, 12, 31)).map(lambda day: day.replace(day=1)),
    st.integers(1, 28),
    st.sampled_from([ClosedDays.LATER, ClosedDays.EARLIER]),
)
def test_a_debit_stays_in_its_month_before_its_last_day_and_off_closed_days(month, chosen, closed):
    day = debit_day(month, chosen, replace(RULES, closed_days=closed))
    assert day.replace(day=1) == month
    assert day.day <= RULES.last_day
    assert not is_closed(day)


def test_debits_are_made_by_day_in_the_time_of_the_office():
    zone = ZoneInfo("Asia/Jayapura")
    early, late = (
        datetime(2026, 11, 10, 5, 59, tzinfo=zone),
        datetime(2026, 11, 10, 21, tzinfo=zone),
    )
    assert opens_at(early, RULES) == datetime(2026, 11, 10, 6, tzinfo=zone)
    assert opens_at(late, RULES) == datetime(2026, 11, 11, 6, tzinfo=zone)
    assert opens_at(early + timedelta(minutes=1), RULES) is None
    assert opens_at(late - timedelta(seconds=1), RULES) is None


def test_retries_follow_the_ladder_and_end_with_the_month():
    first = date(2026, 11, 10)
    assert retry_day(first, 1, RULES) == date(2026, 11, 13)
    assert retry_day(first, 2, RULES) == date(2026, 11, 17)
    assert retry_day(first, 3, RULES) is None
    assert retry_day(date(2026, 11, 25), 2, RULES) is None


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(0, 5))
def test_a_retry_is_later_in_the_same_month_or_does_not_exist(first, tries):
    day = retry_day(first, tries, RULES)
    if day is not None:
        assert first + timedelta(days=1) <= day <= first.replace(day=RULES.last_day)
        assert not is_closed(day)
