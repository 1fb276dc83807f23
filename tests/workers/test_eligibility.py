"""The rules of eligibility: dated, with a source, and each warns or refuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from agentsys.errors import Invalid
from agentsys.workers import eligibility
from agentsys.workers.eligibility import Effect, Rule, RulesUnreadable, Work, rules_on, settings
from agentsys.workers.kinds import Programmes

DAY = date(2026, 11, 22)
PERSON = {
    "born": date(1980, 3, 12),
    "job": "Petani",
    "income_idr": 1_500_000,
    "programmes": Programmes.TWO,
}


def found(day: date = DAY, **changed: object) -> dict[Rule, bool]:
    """Which rules concern the person, and whether they refuse."""
    asked = PERSON | changed
    return {f.rule: f.refuses for f in rules_on(day).find(**asked)}  # type: ignore[arg-type]


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.rule.value)
def test_every_rule_names_its_source_and_is_said(setting: eligibility.Setting) -> None:
    assert len(setting.source) > 20
    assert setting.certainty in ("sourced", "secondary", "unsure")
    assert eligibility.SAY[setting.rule].endswith(".")


def test_every_rule_stands_in_the_table() -> None:
    assert {setting.rule for setting in settings()} == set(Rule)


@pytest.mark.parametrize(
    ("changed", "rules"),
    [
        ({}, {}),
        ({"work": Work.OWN}, {}),
        ({"work": Work.WAGES}, {Rule.WAGE_EARNER: True}),
        ({"work": Work.EMPLOYER}, {Rule.EMPLOYER_WITHOUT_JHT: True}),
        ({"work": Work.EMPLOYER, "programmes": Programmes.THREE}, {}),
        ({"job": "Pengusaha mebel", "programmes": Programmes.THREE}, {}),
        ({"job": "Karyawan", "work": Work.EMPLOYER, "programmes": Programmes.THREE}, {}),
        ({"income_idr": None}, {}),
        ({"born": date(2008, 2, 29)}, {}),
        ({"born": date(1900, 1, 1), "income_idr": 1}, {Rule.TOO_OLD: True, Rule.INCOME_LOW: False}),
    ],
)
def test_an_answer_decides_and_a_word_only_warns(
    changed: dict[str, object], rules: dict[Rule, bool]
) -> None:
    assert found(**changed) == rules


def test_who_is_born_on_29_february_is_17_on_1_march() -> None:
    born = date(2008, 2, 29)

    assert Rule.TOO_YOUNG in found(date(2025, 2, 28), born=born)
    assert Rule.TOO_YOUNG not in found(date(2025, 3, 1), born=born)


def test_a_later_row_changes_a_rule_from_its_day_on(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [setting for setting in settings() if setting.rule is Rule.TOO_OLD]
    until = replace(rows[0], valid_until=date(2026, 12, 31))
    later = replace(rows[0], valid_from=date(2027, 1, 1), limit=60, effect=Effect.WARN)
    monkeypatch.setattr(eligibility, "settings", lambda: (until, later))
    born = date(1965, 1, 1)

    assert found(date(2026, 12, 31), born=born) == {}
    assert found(date(2027, 1, 1), born=born) == {Rule.TOO_OLD: False}


def test_two_rows_of_one_day_are_refused_and_not_chosen_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = settings()[0]
    monkeypatch.setattr(eligibility, "settings", lambda: (row, replace(row, limit=20)))

    with pytest.raises(RulesUnreadable):
        rules_on(DAY)


def test_a_refusal_names_its_field() -> None:
    findings = rules_on(DAY).find(**PERSON | {"work": Work.WAGES})  # type: ignore[arg-type]

    with pytest.raises(Invalid) as refused:
        eligibility.refuse(findings)

    assert refused.value.facts["about"] == "work"
