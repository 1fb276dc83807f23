"""Settings of a rule as people type them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.commissions.rates import parsing
from agentsys.errors import Invalid
from agentsys.extension.commission_rules import CommissionRule, RuleSetting, SettingKind
from agentsys.plugins import perisai_2022
from agentsys.plugins.corporate_agency import RULE as CORPORATE
from agentsys.plugins.tiered import RULE as TIERED

INCENTIVE = perisai_2022.RULE
TYPED = {
    "measure": "sum",
    "bands": "1-1000000: 2\n1000001-: 3,50",
    "payers": ["self", "apbd", "self"],
    "office_percent": "7,5 %",
    "most_idr": "Rp1.000.000",
}


def test_settings_are_stored_as_numbers_and_words() -> None:
    assert parsing.parse(TIERED, TYPED) == {
        "measure": "sum",
        "bands": [[1, 1_000_000, "2"], [1_000_001, 0, "3.5"]],
        "payers": ["self", "apbd"],
        "office_percent": "7.5",
        "most_idr": 1_000_000,
    }


@pytest.mark.parametrize(
    ("name", "typed", "says"),
    [
        ("measure", "berat", "Pilih salah satu"),
        ("bands", "", "Isi 1 sampai"),
        ("bands", "1-24", r"Baris 1 \(1-24\)"),
        ("bands", "1-24: 15\n24-60: 5", "Baris 2"),
        ("bands", "1-: 15\n25-60: 5", "Baris 2"),
        ("bands", "24-1: 15", "Baris 1"),
        ("bands", "0-1: 15", "Baris 1"),
        ("bands", "1-2: 101", "Baris 1"),
        ("bands", "1-2: -5", "Baris 1"),
        ("bands", "\n".join(f"{n}-{n}: 1" for n in range(1, 60)), "Isi 1 sampai"),
        ("payers", ["siapa"], "Pilih salah satu"),
        ("office_percent", "", "Isi persen"),
        ("office_percent", "1e2", "Isi persen"),
        ("office_percent", "100,5", "Isi persen"),
        ("office_percent", "٥", "Isi persen"),
        ("most_idr", "-1", "Isi rupiah"),
        ("most_idr", "1,5", "Isi rupiah"),
        ("most_idr", "9" * 15, "Isi rupiah"),
        ("most_idr", "", "Isi rupiah"),
    ],
)
def test_a_wrong_setting_is_refused_with_what_it_takes(name: str, typed: Any, says: str) -> None:
    with pytest.raises(Invalid, match=says) as refused:
        parsing.parse(TIERED, TYPED | {name: typed})

    assert refused.value.facts["about"] == name


def test_a_company_earns_at_most_what_the_published_text_allows() -> None:
    typed = {"percent": "2,6", "payers": ["apbd"], "office_percent": "0", "most_idr": "0"}

    with pytest.raises(Invalid, match="2,5"):
        parsing.parse(CORPORATE, typed)
    assert parsing.parse(CORPORATE, typed | {"percent": "2,50"})["percent"] == "2.5"


@pytest.mark.parametrize("rule", [INCENTIVE, TIERED], ids=lambda rule: rule.name)
def test_what_a_form_shows_is_read_back_as_it_was(rule: CommissionRule) -> None:
    stored = parsing.parse(TIERED, TYPED) if rule is TIERED else dict(rule.packaged[0].rates.values)
    shown = {s.name: parsing.as_typed(s, stored[s.name]) for s in rule.settings}

    again = parsing.parse(rule, shown)

    assert {name: _lists(value) for name, value in stored.items()} == again


@given(st.decimals(0, 100, places=4))
def test_a_percentage_is_stored_as_it_was_meant(percent: Decimal) -> None:
    setting = RuleSetting(name="p", label="P", kind=SettingKind.PERCENT, most=100)
    rule = CommissionRule(name="r", label="R", about="", settings=(setting,))

    for typed in (f"{percent:f}", f"{percent:f}".replace(".", ",")):
        stored = parsing.parse(rule, {"p": typed})["p"]
        assert Decimal(stored) == percent
        assert not ("." in stored and stored.endswith("0"))


@pytest.mark.parametrize("names", [("basis",), ("same", "same")])
def test_a_rule_with_a_name_that_the_form_needs_or_one_name_twice_is_no_rule(
    names: tuple[str, ...],
) -> None:
    settings = tuple(RuleSetting(name=n, label="L", kind=SettingKind.COUNT) for n in names)

    with pytest.raises(ValueError, match="setting"):
        CommissionRule(name="r", label="R", about="", settings=settings)


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, tuple) else value
