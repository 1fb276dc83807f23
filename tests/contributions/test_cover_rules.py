"""What the table of cover does not know, no page says as certain."""

from __future__ import annotations

from datetime import date

import pytest

from agentsys.contributions import cover_rules, coverage
from agentsys.contributions.cover_rules import Answer, CoverRulesMissing, rows, rules_in
from agentsys.contributions.coverage import GRACE_MONTHS, WAITING_MONTHS, Cover
from agentsys.months import add_months

NOVEMBER = date(2026, 11, 1)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch):
    """A function that changes values of the table for a test."""

    def change(**values: str) -> None:
        changed = tuple(row | {"value": values.get(row["rule"], row["value"])} for row in rows())
        monkeypatch.setattr(cover_rules, "rows", lambda: changed)
        rules_in.cache_clear()

    yield change
    rules_in.cache_clear()


def warning_after(months_late: int) -> str:
    found = coverage.coverage([add_months(NOVEMBER, -months_late)], NOVEMBER)
    assert found.warning is not None
    return found.warning.text


def test_the_constants_are_those_of_the_table() -> None:
    rules = rules_in(NOVEMBER)

    assert (rules.grace_months, rules.waiting_months) == (GRACE_MONTHS, WAITING_MONTHS)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["rule"])
def test_an_answer_that_no_source_gives_is_unsure(row: dict[str, str]) -> None:
    assert (row["value"] == "unknown") <= (row["certainty"] == "unsure")
    assert len(row["source"]) > 20


def test_cover_within_the_arrears_is_told_as_doubtful_and_to_be_reported() -> None:
    assert "tidak dapat dipastikan" in " ".join(warning_after(2).split())
    assert "tetap lapor ke BPJS Ketenagakerjaan (175)" in warning_after(2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(Answer.YES, "masih berlaku"), (Answer.NO, "tidak terlindungi")],
)
def test_an_answer_of_bpjs_in_the_table_changes_what_is_said(table, answer, said) -> None:
    table(in_arrears=answer.value)

    assert said in warning_after(2)
    assert "tidak dapat dipastikan" not in warning_after(2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer.UNKNOWN, "mungkin dihitung"),
        (Answer.YES, "dilanjutkan"),
        (Answer.NO, "dihitung dari awal"),
    ],
)
def test_what_follows_a_lapse_is_said_as_the_table_knows_it(table, answer, said) -> None:
    table(after_lapse=answer.value)

    assert said in warning_after(6)


def test_a_longer_grace_moves_the_end(table) -> None:
    table(grace_months="4")

    assert coverage.coverage([date(2026, 7, 1)], NOVEMBER).state is Cover.GRACE


def test_a_month_without_a_row_is_refused() -> None:
    with pytest.raises(CoverRulesMissing):
        rules_in(date(2010, 1, 1))
