"""Income tax on commissions, beside a formula of its own."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.payouts import tax
from agentsys.payouts.tax import TaxRuleMissing

DAY = date(2026, 12, 5)
# Upper ends of the layers and their percentages, as the law has them since 2022.
LAYERS = (
    (60_000_000, 5),
    (250_000_000, 15),
    (500_000_000, 25),
    (5_000_000_000, 30),
    (10**15, 35),
)
GROSS = (
    0, 1, 39, 40, 41, 2_520, 12_345, 50_000, 313_000, 513_000, 574_200, 615_600, 1_026_000,
    2_052_000, 9_999_999, 10_000_001, 119_999_999, 120_000_000, 120_000_001, 350_000_000,
    500_000_000, 500_000_001, 999_999_999, 1_000_000_001, 10_000_000_000, 10_000_000_041,
)  # fmt: skip
BEFORE = (0, 1_000_001, 60_000_000, 119_999_999, 480_000_000)


def by_hand(gross_idr: int, *, has_npwp: bool) -> int:
    """The tax on one payment, from the first rupiah, in exact fractions."""
    base, total, begins = gross_idr // 2, Fraction(0), 0
    for ends, percent in LAYERS:
        total += Fraction(max(min(base, ends) - begins, 0) * percent, 100)
        begins = ends
    return int(total if has_npwp else total * 6 / 5)


@pytest.mark.parametrize("has_npwp", [True, False])
@pytest.mark.parametrize("before_idr", BEFORE)
@pytest.mark.parametrize("gross_idr", GROSS)
def test_tax_is_that_of_the_formula(gross_idr: int, before_idr: int, has_npwp: bool) -> None:
    found = tax.pph21(gross_idr=gross_idr, before_idr=before_idr, has_npwp=has_npwp, day=DAY)

    whole = by_hand(before_idr + gross_idr, has_npwp=has_npwp)
    assert found.tax_idr == whole - by_hand(before_idr, has_npwp=has_npwp)
    assert sum(step.base_idr for step in found.steps) == found.base_idr
    assert found.surcharge is not has_npwp


@given(st.lists(st.integers(min_value=1, max_value=10**10), min_size=1, max_size=8), st.booleans())
def test_payments_in_parts_are_taxed_as_one(parts: list[int], has_npwp: bool) -> None:
    paid = taxed = 0
    for part in parts:
        found = tax.pph21(gross_idr=part, before_idr=paid, has_npwp=has_npwp, day=DAY)
        assert 0 <= found.tax_idr <= part
        paid, taxed = paid + part, taxed + found.tax_idr

    assert taxed == by_hand(paid, has_npwp=has_npwp)


def test_the_known_example_is_right_to_the_rupiah() -> None:
    found = tax.pph21(gross_idr=1_026_000, before_idr=0, has_npwp=True, day=DAY)

    assert (found.base_idr, found.tax_idr) == (513_000, 25_650)


@pytest.mark.parametrize(("gross_idr", "with_npwp", "without"), [
    (100_000, 2_000, 4_000), (61_560, 1_231, 2_462), (49, 0, 1), (50, 1, 2), (0, 0, 0),
])  # fmt: skip
def test_a_body_pays_a_percentage_of_the_gross_sum(
    gross_idr: int, with_npwp: int, without: int
) -> None:
    for has_npwp, expected in ((True, with_npwp), (False, without)):
        found = tax.pph23(gross_idr=gross_idr, has_npwp=has_npwp, day=DAY)
        assert found.tax_idr == expected


def test_a_day_without_rules_stops_instead_of_guessing() -> None:
    with pytest.raises(TaxRuleMissing):
        tax.pph21(gross_idr=1, before_idr=0, has_npwp=True, day=date(2010, 1, 1))


def test_rates_before_the_law_of_2021_are_those_of_their_time() -> None:
    before = tax.pph21(gross_idr=120_000_000, before_idr=0, has_npwp=True, day=date(2021, 12, 31))

    assert before.tax_idr == 2_500_000 + 1_500_000
    assert tax.doubts_on(DAY) != []
