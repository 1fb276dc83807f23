"""The incentive of 2022: cases in a table, and the tests of every rule."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.extension.commission_rules import CommissionRule, DatedRates, in_force
from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
    percent_in,
)
from agentsys.extension.testing_rules import RuleConformance
from agentsys.money import share
from agentsys.months import parse_month
from agentsys.plugins import perisai_2022
from agentsys.plugins.perisai_2022.settings import RULE
from tests.plugins.rule_rates import changed

RATES_THEN = RULE.packaged_in(date(2026, 11, 1))
assert RATES_THEN is not None
BANDS = RATES_THEN.bands("collection")
CASES = Path(__file__).with_name("perisai_2022_cases.csv")
PROGRAMMES = {"2": frozenset({"JKK", "JKM"}), "3": frozenset({"JKK", "JKM", "JHT"})}


def cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def contribution(worker_id: int = 1, **values: object) -> ConfirmedContribution:
    given = {
        "worker_id": worker_id,
        "month": date(2026, 11, 1),
        "amount_idr": 16_800,
        "programmes": PROGRAMMES["2"],
        "month_number": 1,
        "new_to_bpu": True,
        "funding": "self",
    }
    return ConfirmedContribution(**(given | values))  # type: ignore[arg-type]


def lines_of(
    month: date, contributions: list[ConfirmedContribution], rule: CommissionRule = RULE
) -> list[CommissionLine]:
    rates = in_force([rule], month, {})
    known = AgentMonth(
        agent_id=3, office_id=1, month=month, contributions=contributions, rates=rates
    )
    return list(perisai_2022.commission_lines(known))


def with_row(valid_from: date, **changes: object) -> CommissionRule:
    """The rule with one more dated row."""
    row = DatedRates(valid_from=valid_from, valid_until=None, rates=changed(RATES_THEN, **changes))
    return replace(RULE, packaged=(*RULE.packaged, row))


def total(lines: list[CommissionLine], rule: str) -> int:
    return sum(line.amount_idr for line in lines if line.rule == f"perisai_2022.{rule}")


class TestPerisai2022(RuleConformance):
    """The laws of every rule."""

    rule = staticmethod(perisai_2022.commission_lines)
    month = date(2026, 11, 1)
    rates: ClassVar = {RULE.name: RATES_THEN}


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["kasus"])
def test_each_case_earns_what_finance_wrote_down(case: dict[str, str]) -> None:
    month = parse_month(case["bulan"])
    workers = [
        contribution(
            number,
            month=month,
            amount_idr=int(case["iuran_per_pekerja"]),
            programmes=PROGRAMMES[case["program"]],
            month_number=int(case["bulan_ke"]),
            new_to_bpu=case["baru_di_bpu"] == "ya",
        )
        for number in range(int(case["pekerja"]))
    ]

    lines = lines_of(month, workers)

    assert total(lines, "acquisition") == int(case["komisi_akuisisi"])
    assert total(lines, "collection") == int(case["komisi_iuran"])
    for_agent = sum(line.amount_idr for line in lines if line.beneficiary is Beneficiary.AGENT)
    assert for_agent == int(case["jumlah_agen"])
    assert total(lines, "office") == int(case["tambahan_wadah"])


def test_both_packages_count_towards_the_least_number_and_earn_their_own_amount() -> None:
    three = [contribution(n, programmes=PROGRAMMES["3"], amount_idr=36_800) for n in range(10)]
    least = RATES_THEN.number("least_new")
    two = [contribution(n) for n in range(10, least)]

    lines = lines_of(date(2026, 11, 1), three + two)

    by_programmes = {2: RATES_THEN.number("two_idr"), 3: RATES_THEN.number("three_idr")}
    assert total(lines, "acquisition") == 10 * by_programmes[3] + (least - 10) * by_programmes[2]


def test_months_paid_ahead_earn_each_and_the_worker_is_new_once() -> None:
    months = [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)]
    paid = [
        contribution(worker, month=month, month_number=number)
        for worker in range(25)
        for number, month in enumerate(months, start=1)
    ]

    lines = lines_of(date(2026, 11, 1), paid)

    assert total(lines, "acquisition") == 25 * RATES_THEN.number("two_idr")
    assert total(lines, "collection") == 75 * share(16_800, percent_in(BANDS, 1))


def test_the_step_falls_inside_an_advance_payment() -> None:
    paid = [
        contribution(month_number=number, month=date(2026, number - 20, 1)) for number in (24, 25)
    ]

    lines = lines_of(date(2026, 11, 1), paid)

    steps = [share(16_800, percent_in(BANDS, number)) for number in (24, 25)]
    assert steps[0] > steps[1]
    assert [line.amount_idr for line in lines if line.worker_id] == steps


def test_the_reasons_say_how_each_amount_came_about() -> None:
    new = [contribution(n, programmes=PROGRAMMES["3"], amount_idr=36_800) for n in range(30)]
    old = [contribution(99, amount_idr=36_800, month_number=7)]

    lines = lines_of(date(2026, 11, 1), new + old)

    sentences = [line.reason.sentence() for line in lines]
    assert "15% × Rp36.800, iuran bulan ke-7, Perdir 13/2022" in sentences
    assert (
        "Rp15.000 untuk pekerja baru, 3 program; 30 pekerja baru bulan ini (paling sedikit 25),"
        " Perdir 13/2022"
    ) in sentences
    assert sentences[-1] == (
        "10% × Rp621.120 (komisi agen bulan ini), untuk kantor (wadah), Perdir 13/2022"
    )


def test_a_later_answer_about_sponsors_is_one_dated_row() -> None:
    rule = with_row(date(2026, 12, 1), payers=["self"], doubtful_payers=[], version="surat")
    sponsored = [contribution(n, funding="apbd") for n in range(30)]

    before = lines_of(date(2026, 11, 1), sponsored, rule)
    after = lines_of(date(2026, 12, 1), sponsored, rule)

    assert sum(line.amount_idr for line in before) == 375_600 + 37_560
    assert after == []


def test_a_new_rate_is_one_dated_row_and_each_line_cites_its_own() -> None:
    rule = with_row(
        date(2026, 12, 1),
        version="Perdir 1/PERDIR.02/2026",
        decree="Perdir 1/2026",
        collection=[[1, 60, "20"]],
    )

    [before, _] = lines_of(date(2026, 11, 1), [contribution()], rule)
    [after, _] = lines_of(date(2026, 12, 1), [contribution()], rule)

    assert (before.amount_idr, before.version) == (2_520, "Perdir 13/PERDIR.02/042022")
    assert (after.amount_idr, after.version) == (3_360, "Perdir 1/PERDIR.02/2026")
    assert after.reason.sentence() == "20% × Rp16.800, iuran bulan ke-1, Perdir 1/2026"
    assert before.rule == after.rule  # so that no contribution is paid by both


def test_a_decree_that_was_replaced_pays_until_its_last_month() -> None:
    ended = replace(RULE, packaged=(replace(RULE.packaged[0], valid_until=date(2026, 11, 1)),))

    assert lines_of(date(2026, 11, 1), [contribution()], ended)
    assert lines_of(date(2026, 12, 1), [contribution()], ended) == []


def test_the_page_about_commissions_repeats_no_rate(here: Path) -> None:
    page = (here / "docs" / "commissions.md").read_text(encoding="utf-8")

    assert "plugins/perisai_2022/rates.toml" in page
    section = page.split("## Rule `perisai_2022`")[1].split("The published text leaves")[0]
    for row in RULE.packaged:
        percents = [percent for *_, percent in row.rates.bands("collection")]
        numbers = [row.rates.percent("office_percent"), row.rates.number("least_new")]
        for number in [*percents, *numbers]:
            assert not re.search(rf"\b{number}\b", section), number
    assert "Rp" not in section


@given(st.lists(st.tuples(st.integers(0, 700_000), st.integers(1, 70)), max_size=40))
def test_shares_of_the_parts_stay_within_half_a_rupiah_each_of_the_share_of_the_whole(
    paid: list[tuple[int, int]],
) -> None:
    contributions = [
        contribution(number, amount_idr=amount_idr, month_number=month_number, new_to_bpu=False)
        for number, (amount_idr, month_number) in enumerate(paid)
    ]

    lines = lines_of(date(2026, 11, 1), contributions)

    exact = sum(
        Fraction(amount_idr) * Fraction(percent_in(BANDS, month_number)) / 100
        for amount_idr, month_number in paid
    )
    for_agent = sum(line.amount_idr for line in lines if line.beneficiary is Beneficiary.AGENT)
    assert abs(for_agent - exact) <= Fraction(len(paid), 2)
    assert total(lines, "office") == share(for_agent, RATES_THEN.percent("office_percent"))
