"""A list's request is read from texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from agentsys.listing.request import ListRequest, read_request


def test_a_request_is_read_from_texts() -> None:
    asked = read_request(
        {
            "q": "  siti   aminah ",
            "tab": "late",
            "state": "open",
            "agent": "AG-1",
            "from": "2026-11-01",
            "to": "2026-11-30",
            "min": "Rp10.000",
            "max": "20000",
            "sort": "-name",
            "page": "abc",
        },
        zone="Asia/Jakarta",
    )

    assert asked == ListRequest(
        query="siti aminah",
        tab="late",
        state="open",
        agent="AG-1",
        since=date(2026, 11, 1),
        until=date(2026, 11, 30),
        at_least_idr=10_000,
        at_most_idr=20_000,
        sort="name",
        descending=True,
        cursor="abc",
        zone="Asia/Jakarta",
    )
    assert read_request({}) == ListRequest()
    assert read_request({"sort": "name"}).descending is False
    assert len(read_request({"q": "x" * 1_000}).query) == 60


@pytest.mark.parametrize(
    "values",
    [
        {"from": "01/11/2026"},
        {"from": "2026-02-30"},
        {"to": "9999-12-31"},
        {"to": "0001-01-01"},
        {"min": "1,5"},
        {"max": "banyak"},
        {"from": "2026-11-02", "to": "2026-11-01"},
        {"min": "2", "max": "1"},
    ],
)
def test_a_filter_that_cannot_be_read_filters_nothing_and_is_said(values: dict[str, str]) -> None:
    asked = read_request(values)

    assert len(asked.problems) == 1
    assert replace(asked, problems=()) == ListRequest()
