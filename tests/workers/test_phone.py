"""Mobile numbers in the ways that people write them."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.workers.phone import lost_its_zero, normalise_phone


@pytest.mark.parametrize(
    "typed",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 7890",
        "(0812) 3456.7890",
        "+62 812 3456 7890",
        "62 81234567890",
        "81234567890",
        "+62 0812 3456 7890",
        "０８１２３４５６７８９０",
    ],
)
def test_every_spelling_becomes_one(typed: str) -> None:
    assert normalise_phone(typed) == "+6281234567890"


@pytest.mark.parametrize(
    "typed", ["", "-", "0548-21123", "0812", "abc", "+1 415 555 2671", "0" * 30]
)
def test_what_is_no_indonesian_mobile_number_becomes_nothing(typed: str) -> None:
    assert normalise_phone(typed) == ""


def test_a_lost_zero_is_noticed() -> None:
    assert lost_its_zero("81234567890")
    assert not lost_its_zero("081234567890")
    assert not lost_its_zero("6281234567890")


@given(st.from_regex(r"08[0-9]{7,11}", fullmatch=True))
def test_the_short_cut_agrees_with_the_library(typed: str) -> None:
    number = phonenumbers.parse(typed, "ID")
    kind = phonenumbers.number_type(number)
    mobile = kind == phonenumbers.PhoneNumberType.MOBILE

    expected = (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if mobile else ""
    )

    assert normalise_phone(typed) == expected
