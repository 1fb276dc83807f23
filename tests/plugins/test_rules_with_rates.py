"""The rules with rates: cases beside a formula in exact fractions, and the tests of every rule."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.extension.commission_rules import Rates
from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
)
from agentsys.extension.testing_rules import RuleConformance
from agentsys.plugins import (
    bonus,
    corporate_agency,
    perisai_2018,
    perisai_2022,
    sponsored_flat,
    tiered,
)
from tests.plugins.rule_rates import changed, rates_with

MONTH = date(2026, 11, 1)
EVERYBODY = ["self", "apbn", "apbd", "apbdes", "csr"]
SPONSORS = EVERYBODY[1:]
INCENTIVE_2018 = perisai_2018.RULE.packaged[0].rates
INCENTIVE_2022 = perisai_2022.RULE.packaged[0].rates
CORPORATE = rates_with(percent="2.5", payers=SPONSORS, office_percent="10", most_idr=0)
FLAT = rates_with(amount_idr=1_500, payers=SPONSORS, office_percent="10", most_idr=0)
BANDS = [[1, 500_000, "2"], [500_001, 2_000_000, "3.5"], [2_000_001, 0, "5"]]
TIERED = rates_with(measure="sum", bands=BANDS, payers=EVERYBODY, office_percent="0", most_idr=0)
BONUS = rates_with(
    measure="new", each=10, amount_idr=50_000, payers=EVERYBODY, office_percent="5", most_idr=0
)


class TestPerisai2018(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(perisai_2018.commission_lines)
    month = date(2020, 11, 1)
    rates: ClassVar = {"perisai_2018": INCENTIVE_2018}


class TestPerisai2022ByTotal(RuleConformance):
    """The laws hold for the other reading of rounding too."""

    rule = staticmethod(perisai_2022.commission_lines)
    month = MONTH
    rates: ClassVar = {"perisai_2022": changed(INCENTIVE_2022, rounding="total")}


class TestCorporateAgency(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(corporate_agency.commission_lines)
    month = MONTH
    rates: ClassVar = {"corporate_agency": CORPORATE}


class TestSponsoredFlat(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(sponsored_flat.commission_lines)
    month = MONTH
    rates: ClassVar = {"sponsored_flat": FLAT}


class TestTiered(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(tiered.commission_lines)
    month = MONTH
    rates: ClassVar = {"tiered": TIERED}


class TestTieredByCount(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(tiered.commission_lines)
    month = MONTH
    rates: ClassVar = {
        "tiered": changed(TIERED, measure="count", bands=[[1, 20, "1"], [21, 0, "2"]])
    }


class TestBonus(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(bonus.commission_lines)
    month = MONTH
    rates: ClassVar = {"bonus": BONUS}


Group = tuple[int, int, int, str, bool]  # workers, price, month number, payer, new


def month_of(groups: Sequence[Group]) -> AgentMonth:
    numbers = itertools.count(1)
    return AgentMonth(
        agent_id=1,
        office_id=1,
        month=MONTH,
        contributions=tuple(
            ConfirmedContribution(
                worker_id=next(numbers),
                month=MONTH,
                amount_idr=price,
                programmes=frozenset({"JKK", "JKM"} | ({"JHT"} if price > 20_000 else set())),
                month_number=number,
                new_to_bpu=new,
                funding=payer,
            )
            for count, price, number, payer, new in groups
            for _each in range(count)
        ),
    )


def sums(rule: Any, rates: Rates, groups: Sequence[Group]) -> tuple[int, int]:
    """What the agent and the office earn."""
    lines: list[CommissionLine] = list(
        rule.commission_lines(replace(month_of(groups), rates={rule.RULE.name: rates}))
    )
    return (
        sum(line.amount_idr for line in lines if line.beneficiary is Beneficiary.AGENT),
        sum(line.amount_idr for line in lines if line.beneficiary is Beneficiary.OFFICE),
    )


def rounded(exact: Fraction) -> int:
    """Whole rupiah, halves away from zero; all sums here are positive."""
    return int(exact + Fraction(1, 2))


def percent(amount: int | Fraction, of: str | int) -> Fraction:
    return Fraction(amount) * Fraction(of) / 100


def groups_of_cases() -> Iterator[list[Group]]:
    """Edges of counts, months, prices and payers."""
    for count in (1, 9, 10, 11, 24, 25, 26, 49, 50, 51, 100):
        for price in (16_800, 36_800, 33_333, 8_401):
            yield [(count, price, 1, "self", True)]
    for number in (1, 2, 24, 25, 60, 61):
        for payer in ("self", "apbd"):
            yield [(7, 18_150, number, payer, False), (30, 16_800, 1, "csr", True)]


CASES = list(groups_of_cases())


def paid(groups: Sequence[Group], payers: Sequence[str]) -> list[int]:
    return [
        price
        for count, price, _number, payer, _new in groups
        if payer in payers
        for _each in range(count)
    ]


def new_in(groups: Sequence[Group], payers: Sequence[str]) -> int:
    return sum(c for c, _p, number, payer, new in groups if payer in payers and new and number == 1)


def test_there_are_enough_cases() -> None:
    assert len(CASES) * 6 >= 200


@pytest.mark.parametrize("groups", CASES, ids=str)
def test_each_rule_earns_what_exact_fractions_say(groups: list[Group]) -> None:
    everybody, sponsors = paid(groups, EVERYBODY), paid(groups, SPONSORS)

    shares = [rounded(percent(price, "7.5")) for price in everybody]
    activity = 500_000 if new_in(groups, EVERYBODY) >= 50 else 0
    agent = rounded(percent(activity, 90)) + sum(rounded(percent(each, 90)) for each in shares)
    expected = (agent, activity + sum(shares) - agent)
    assert sums(perisai_2018, INCENTIVE_2018, groups) == expected

    corporate = sum(rounded(percent(price, "2.5")) for price in sponsors)
    expected = (corporate, rounded(percent(corporate, 10)))
    assert sums(corporate_agency, CORPORATE, groups) == expected

    flat = 1_500 * len(sponsors)
    assert sums(sponsored_flat, FLAT, groups) == (flat, rounded(percent(flat, 10)))

    base = sum(everybody)
    exact = percent(min(base, 500_000), 2)
    exact += percent(max(min(base, 2_000_000) - 500_000, 0), "3.5")
    exact += percent(max(base - 2_000_000, 0), 5)
    assert sums(tiered, TIERED, groups) == (rounded(exact), 0)

    reached = new_in(groups, EVERYBODY) // 10 * 50_000
    assert sums(bonus, BONUS, groups) == (reached, rounded(percent(reached, 5)))

    by_total = changed(INCENTIVE_2022, rounding="total")
    assert sums(perisai_2022, by_total, groups) == _by_total(groups)


def _by_total(groups: Sequence[Group]) -> tuple[int, int]:
    exact, acquisition = Fraction(0), 0
    is_enough = new_in(groups, EVERYBODY) >= 25
    for count, price, number, _payer, new in groups:
        rate = 15 if number <= 24 else 5 if number <= 60 else 0
        exact += count * percent(price, rate)
        if is_enough and new and number == 1:
            acquisition += count * (15_000 if price > 20_000 else 10_000)
    agent = rounded(exact) + acquisition
    return agent, rounded(percent(agent, 10))


def test_the_published_example_of_2018() -> None:
    agent, office = sums(perisai_2018, INCENTIVE_2018, [(50, 36_800, 1, "self", True)])

    assert (agent, office) == (574_200, 63_800)  # 90 % and 10 % of 500,000 + 138,000


def test_2018_applies_until_march_2022_and_2022_from_april() -> None:
    last, first = date(2022, 3, 1), date(2022, 4, 1)

    assert perisai_2018.RULE.packaged_in(last)
    assert perisai_2022.RULE.packaged_in(last) is None
    assert perisai_2018.RULE.packaged_in(first) is None
    assert perisai_2022.RULE.packaged_in(first)


@pytest.mark.parametrize("rule", [corporate_agency, sponsored_flat, tiered, bonus])
def test_a_rule_without_a_decree_applies_only_where_somebody_decided_it(rule: Any) -> None:
    assert rule.RULE.packaged == ()
    assert list(rule.commission_lines(month_of([(30, 16_800, 1, "apbd", True)]))) == []


@pytest.mark.parametrize(
    ("rule", "rates", "most_idr"),
    [
        (corporate_agency, CORPORATE, 5_000),
        (sponsored_flat, FLAT, 10_000),
        (tiered, TIERED, 9_999),
        (bonus, BONUS, 70_000),
    ],
)
def test_a_cap_cuts_the_agents_part_and_the_office_gets_its_share_of_what_is_left(
    rule: Any, rates: Rates, most_idr: int
) -> None:
    groups = [(60, 36_800, 1, "apbd", True)]
    capped = changed(rates, most_idr=most_idr, office_percent="10")

    assert sums(rule, rates, groups)[0] > most_idr
    assert sums(rule, capped, groups) == (most_idr, rounded(percent(most_idr, 10)))
    assert sums(rule, changed(rates, most_idr=10**9), groups) == sums(rule, rates, groups)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 30),
            st.integers(1, 700_000),
            st.integers(1, 70),
            st.sampled_from(EVERYBODY),
            st.booleans(),
        ),
        max_size=8,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_contributions_changes_no_sum(groups: list[Group], random: Any) -> None:
    shuffled = groups.copy()
    random.shuffle(shuffled)

    for rule, rates in (
        (perisai_2018, INCENTIVE_2018),
        (perisai_2022, INCENTIVE_2022),
        (perisai_2022, changed(INCENTIVE_2022, rounding="total")),
        (corporate_agency, CORPORATE),
        (sponsored_flat, FLAT),
        (tiered, TIERED),
        (bonus, BONUS),
    ):
        assert sums(rule, rates, shuffled) == sums(rule, rates, groups)
