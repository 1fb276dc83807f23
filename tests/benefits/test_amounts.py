"""What a family gets, by the cases that finance wrote down."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from agentsys.benefits import amounts, explaining
from agentsys.contributions.coverage import Cover
from agentsys.web.benefit_words import BENEFITS, LEVELS

HERE = Path(__file__).parent
NOVEMBER = date(2026, 11, 1)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("case", rows(HERE / "benefit_cases.csv"), ids=lambda case: case["kasus"])
def test_each_case_has_the_sums_that_finance_wrote_down(case: dict[str, str]) -> None:
    found = explaining.family(
        state=Cover.COVERED if case["bulan_ke"] != "0" else Cover.NEVER,
        member_month=int(case["bulan_ke"]),
        now=NOVEMBER,
        base_idr=explaining.base_income(NOVEMBER, int(case["upah"])),
        months_paid=int(case["bulan_iuran"]),
    )

    assert found.today_idr == int(case["meninggal_biasa"])
    assert found.accident_idr == int(case["kecelakaan_kerja"])
    assert found.scholarships_idr == int(case["beasiswa_paling_banyak"])
    assert found.has_scholarships is (case["beasiswa_biasa"] == "ya")


@pytest.mark.parametrize(
    ("member_month", "later_from"),
    [
        (0, date(2027, 3, 1)),
        (1, date(2027, 2, 1)),
        (3, date(2026, 12, 1)),
        (4, None),
    ],
)
def test_the_waiting_time_ends_after_three_paid_months(
    member_month: int, later_from: date | None
) -> None:
    found = explaining.family(
        state=Cover.COVERED, member_month=member_month, now=NOVEMBER, base_idr=0, months_paid=0
    )

    assert (found.later_from, found.later_idr) == (later_from, 42_000_000)


def test_every_sum_says_where_it_was_read_and_how_sure_it_is() -> None:
    tables = Path(amounts.__file__).parent / "tables"
    for row in rows(tables / "benefits.csv") + rows(tables / "scholarships.csv"):
        assert row["source"]
        assert row["certainty"] in set(amounts.Certainty)


def test_the_screens_have_a_word_for_every_row_of_the_tables() -> None:
    tables = Path(amounts.__file__).parent / "tables"

    words = {name: str(text) for name, text in BENEFITS.items()}
    assert {row["benefit"]: row["label"] for row in rows(tables / "benefits.csv")} == words
    assert {row["level"]: row["label"] for row in rows(tables / "scholarships.csv")} == LEVELS


def test_no_two_rows_of_a_table_hold_for_the_same_benefit_and_month() -> None:
    for member_month in range(60):
        for programme in amounts.Programme:
            found = amounts.on_death(programme, on=NOVEMBER, member_month=member_month)
            assert len({benefit.name for benefit in found}) == len(found)
