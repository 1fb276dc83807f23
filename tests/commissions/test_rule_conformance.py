"""The conformance suite detects wrong rules; each rule here violates one requirement."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from agentsys.extension.contract import AgentMonth, CommissionLine, Message
from agentsys.extension.testing_rules import RuleConformance, made_up_month
from tests.commissions.builders import fee

LAWS = [name for name in dir(RuleConformance) if name.startswith("test_")]
calls = itertools.count(1)


def changed(**values: Any) -> Callable[[AgentMonth], list[CommissionLine]]:
    """A good rule with changed lines."""
    return lambda month: [replace(line, **values) for line in fee()(month)]


def first_come(month: AgentMonth) -> list[CommissionLine]:
    return list(fee()(month))[:1]


def counting(month: AgentMonth) -> list[CommissionLine]:
    return list(fee(amount_idr=next(calls))(month))


def reordering(month: AgentMonth) -> list[CommissionLine]:
    if isinstance(month.contributions, list):
        month.contributions.reverse()
    return list(fee()(month))


BREAKERS = {
    "test_it_pays_something_for_some_month": lambda month: [],
    "test_an_empty_month_earns_nothing": lambda month: [
        replace(fee()(replace_one(month))[0], worker_id=None, month=None)
    ],
    "test_the_order_of_contributions_does_not_matter": first_come,
    "test_the_same_month_earns_the_same_twice": counting,
    "test_it_leaves_the_month_as_it_was": reordering,
    "test_amounts_are_whole_rupiah_other_than_zero": changed(amount_idr=0.5),
    "test_each_subject_is_paid_once_by_a_rule": lambda month: fee()(month) * 2,
    "test_lines_are_about_contributions_of_the_month": changed(worker_id=-1),
    "test_every_reason_becomes_a_sentence": changed(reason=Message(text="{{hilang}}")),
    "test_rules_and_versions_have_names_that_fit": changed(version=""),
    "test_one_month_knows_one_version_of_a_rule": lambda month: [
        *fee(version="SK 1/2026")(month),
        *fee(version="SK 2/2026")(month),
    ],
}


def replace_one(month: AgentMonth) -> AgentMonth:
    """A month with one contribution, whatever the input."""
    return month if month.contributions else made_up_month(month.month, workers=1)


def suite(rule: Any) -> RuleConformance:
    """The conformance suite for a rule."""
    return type(
        "Suite", (RuleConformance,), {"rule": staticmethod(rule), "month": date(2026, 11, 1)}
    )()


def test_every_law_has_a_rule_that_breaks_it() -> None:
    assert sorted(BREAKERS) == LAWS


@pytest.mark.parametrize("law", LAWS)
def test_a_rule_that_breaks_a_law_is_caught(law: str) -> None:
    with pytest.raises(AssertionError):
        getattr(suite(BREAKERS[law]), law)()


@pytest.mark.parametrize("law", LAWS)
def test_a_good_rule_passes(law: str) -> None:
    getattr(suite(fee()), law)()
