"""Tests that every commission rule must pass; the author of a rule can inherit them.

Subclass RuleConformance in a test module, and give it the plugin's hook and a month that it pays:

    class TestMyRule(RuleConformance):
        rule = staticmethod(my_plugin.commission_lines)
        month = date(2026, 11, 1)
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import ClassVar, TypeVar

from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
    Rates,
    add_months,
)

Choice = TypeVar("Choice")
Rule = Callable[[AgentMonth], Iterable[CommissionLine]]

_PACKAGES = (frozenset({"JKK", "JKM"}), frozenset({"JKK", "JKM", "JHT"}))
_PAYERS = ("self", "self", "self", "apbn", "apbd", "apbdes", "csr")


class RuleConformance:
    """The pytest class to inherit from; it needs `rule` and `month`."""

    rule: ClassVar[Rule]
    month: ClassVar[date]  # a month for which the rule pays
    rates: ClassVar[Mapping[str, Rates]] = {}  # of a rule with rates, by its name
    worlds: ClassVar[int] = 25  # the number of generated months in each test

    def test_it_pays_something_for_some_month(self) -> None:
        """A rule that never pays would pass every other test."""
        assert any(self._lines(month) for month in self._months())

    def test_an_empty_month_earns_nothing(self) -> None:
        """A month without contributions has no lines."""
        assert self._lines(made_up_month(self.month, workers=0)) == []

    def test_the_order_of_contributions_does_not_matter(self) -> None:
        """The sum for a month may not depend on how the database sorts."""
        for month in self._months():
            shuffled = sorted(
                month.contributions, key=lambda c: (c.worker_id * 7919 % 101, c.month)
            )
            other = replace(month, contributions=tuple(reversed(shuffled)))
            assert _sorted(self._lines(other)) == _sorted(self._lines(month))

    def test_the_same_month_earns_the_same_twice(self) -> None:
        """A rule keeps nothing between two calls."""
        for month in self._months():
            assert self._lines(copy.deepcopy(month)) == self._lines(month)

    def test_it_leaves_the_month_as_it_was(self) -> None:
        """Other rules see the same month."""
        for month in self._months():
            listed = replace(month, contributions=list(month.contributions))
            before = copy.deepcopy(listed)
            self._lines(listed)
            assert listed == before

    def test_amounts_are_whole_rupiah_other_than_zero(self) -> None:
        """No fractions, no booleans, and no lines about nothing."""
        for line in self._all_lines():
            assert type(line.amount_idr) is int, line
            assert line.amount_idr != 0, line

    def test_each_subject_is_paid_once_by_a_rule(self) -> None:
        """The database refuses a second line for the same subject, rule and beneficiary."""
        for month in self._months():
            keys = [
                (line.worker_id, line.month, line.rule, line.beneficiary)
                for line in self._lines(month)
            ]
            assert len(keys) == len(set(keys))

    def test_lines_are_about_contributions_of_the_month(self) -> None:
        """Nobody is paid for a worker whom the month does not name."""
        for month in self._months():
            known = {(c.worker_id, c.month) for c in month.contributions} | {(None, None)}
            assert {(line.worker_id, line.month) for line in self._lines(month)} <= known

    def test_every_reason_becomes_a_sentence(self) -> None:
        """What the agent reads has no holes."""
        for line in self._all_lines():
            assert line.reason.sentence().strip()
            assert line.reason.holes() == [], line.reason.text
            assert all(isinstance(value, str | int) for value in line.reason.values.values())

    def test_rules_and_versions_have_names_that_fit(self) -> None:
        """At most 60 characters each, and the beneficiary is one that the core knows."""
        for line in self._all_lines():
            assert 0 < len(line.rule) <= 60, line
            assert 0 < len(line.version) <= 60, line
            assert isinstance(line.beneficiary, Beneficiary), line

    def test_one_month_knows_one_version_of_a_rule(self) -> None:
        """Two decrees never apply to the same month."""
        for month in self._months():
            pairs = {(line.rule, line.version) for line in self._lines(month)}
            assert len(pairs) == len({rule for rule, _ in pairs})

    def _lines(self, month: AgentMonth) -> list[CommissionLine]:
        return list(type(self).rule(replace(month, rates=type(self).rates)))

    def _months(self) -> Sequence[AgentMonth]:
        sizes = [1, 24, 25, 60, *(10 + 3 * seed for seed in range(self.worlds))]
        return [
            made_up_month(self.month, workers=size, seed=seed) for seed, size in enumerate(sizes)
        ]

    def _all_lines(self) -> list[CommissionLine]:
        return [line for month in self._months() for line in self._lines(month)]


def made_up_month(month: date, *, workers: int, seed: int = 1) -> AgentMonth:
    """An invented agent's month: new and old workers, every package and payer, some paid ahead."""
    contributions = []
    for worker_id in range(1, workers + 1):
        choose = _chooser(worker_id, seed)
        first = choose((1, 1, 1, 2, 12, 24, 25, 60, 61))
        new, programmes = choose((True, True, True, True, False)), choose(_PACKAGES)
        payer, amount_idr = choose(_PAYERS), choose((8_400, 16_800, 18_150, 28_400, 36_800))
        contributions += [
            ConfirmedContribution(
                worker_id=worker_id,
                month=add_months(month, ahead),
                amount_idr=amount_idr,
                programmes=programmes,
                month_number=first + ahead,
                new_to_bpu=new,
                funding=payer,
            )
            for ahead in range(choose((1, 1, 1, 3)))
        ]
    return AgentMonth(agent_id=1, office_id=1, month=month, contributions=tuple(contributions))


def _chooser(worker_id: int, seed: int) -> Callable[[Sequence[Choice]], Choice]:
    # The same worker and seed choose the same things everywhere, so that a failure can be repeated.
    digests = iter(hashlib.sha256(f"{seed} {worker_id}".encode()).digest())
    return lambda options: options[next(digests) % len(options)]


def _sorted(lines: Iterable[CommissionLine]) -> list[CommissionLine]:
    return sorted(
        lines,
        key=lambda line: (
            line.rule,
            line.beneficiary,
            line.worker_id or 0,
            line.month or date.min,
            line.amount_idr,
        ),
    )
