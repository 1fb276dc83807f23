"""Contribution months."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.months import add_months, month_of, months_between, parse_month


def test_half_past_midnight_in_bontang_is_still_last_month_at_the_head_office():
    half_past_midnight_wita = datetime(2026, 11, 30, 16, 30, tzinfo=UTC)

    assert month_of(half_past_midnight_wita) == date(2026, 11, 1)


def test_five_in_the_afternoon_utc_on_the_last_day_is_the_next_month():
    assert month_of(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)) == date(2027, 1, 1)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(-500, 500))
def test_going_there_and_back_ends_where_it_began(day, count):
    first = month_of(day)

    assert add_months(add_months(first, count), -count) == first


def test_months_between_include_both_ends_and_are_empty_backwards():
    assert list(months_between(date(2026, 11, 1), date(2027, 1, 1))) == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    assert list(months_between(date(2027, 1, 1), date(2026, 11, 1))) == []


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "26-11", "2026-11-01", "", "november"])
def test_a_month_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="bulan"):
        parse_month(text)
