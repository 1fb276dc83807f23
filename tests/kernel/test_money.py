"""Parsing, rounding and formatting of rupiah."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.money import format_idr, gateway_rupiah, rupiah, said_rupiah, share


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("16800", 16_800),
        ("16.800", 16_800),
        ("Rp16.800", 16_800),
        ("Rp 1.500.000,-", 1_500_000),
        ("Rp 16.800,00", 16_800),
        (" 0 ", 0),
        ("16,800", 16_800),
        ("1,500,000", 1_500_000),
        ("Rp 1,500,000.00", 1_500_000),
        ("1500000.00", 1_500_000),
        ("33600.0", 33_600),
        ("33600,00", 33_600),
    ],
)
def test_rupiah_are_read_the_way_people_write_them(text, amount):
    assert rupiah(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        *("", "16.80", "16.8000", "-5", "1e5", "NaN", "١٢٣", "16 800", "9" * 17, "1.234.56"),
        *("1,5", "1.5", "16.800,50", "1,500.000", "1.500,000", "1,50,000", "1500000.50"),
        *("1" + ".000" * 300_000, "١.٠٠٠", "," * 100_000),
    ],
)
def test_what_could_mean_two_sums_is_refused(text):
    with pytest.raises(ValueError, match=r"rupiah|besar"):
        rupiah(text)


@pytest.mark.parametrize(
    "text", ["16800.50", "16800.001", "-1.00", "1e3", "", ".00", "NaN", "1,000.00"]
)
def test_a_gateways_fraction_or_junk_is_refused_and_never_rounded(text):
    with pytest.raises(ValueError, match="whole"):
        gateway_rupiah(text)


def test_a_gateways_two_zeros_are_no_fraction():
    assert gateway_rupiah("16800.00") == gateway_rupiah("16800") == 16_800


@given(st.integers(0, 10**15))
def test_what_is_shown_can_be_read_back(amount):
    assert rupiah(format_idr(amount)) == amount


def test_a_half_rupiah_rounds_away_from_zero_on_both_sides():
    assert share(18_150, 5) == 908
    assert share(-18_150, 5) == -908


@given(st.integers(-(10**12), 10**12), st.decimals(0, 100, places=2))
def test_a_reversed_share_cancels_the_share(amount, percent):
    assert share(amount, Decimal(percent)) + share(-amount, Decimal(percent)) == 0


def test_negative_sums_carry_a_real_minus_sign_and_english_its_own_grouping():
    assert format_idr(-12_600) == "−Rp12.600"
    assert format_idr(1_016_800, "en") == "Rp1,016,800"


@pytest.mark.parametrize(
    ("text", "amount", "in_words"),
    [
        ("1,5jt", 1_500_000, True),
        ("sejuta", 1_000_000, True),
        ("1,500,000", 1_500_000, False),
        ("1500000.00", 1_500_000, False),
        ("Rp1.500.000,-", 1_500_000, False),
        ("300rb/bln", 300_000, True),
    ],
)
def test_money_is_read_as_people_say_it(text: str, amount: int, in_words: bool) -> None:
    assert said_rupiah(text) == (amount, in_words)


@pytest.mark.parametrize("text", ["", "lumayan", "1-2 juta", "<1000000", "1,5", "juta"])
def test_what_is_no_amount_is_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="bukan jumlah"):
        said_rupiah(text)
