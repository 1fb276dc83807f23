"""Which rules are in force for a month, found by running the (pure) rules on made-up months."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from itertools import pairwise

from agentsys.commissions.lines import Hook, RuleProblem, items_of
from agentsys.commissions.rates.reading import Decided
from agentsys.extension.commission_rules import Rates, RulesExclude
from agentsys.extension.contract import AgentMonth, ConfirmedContribution
from agentsys.workers.models import Funding, Programmes

_MOST_NEEDED = 60
_WORKERS = 240
_MONTHS = 60


class NoRule(RuleProblem):
    """No commission rule applies to the month."""

    text = "Tidak ada aturan komisi yang berlaku untuk bulan itu."


def check_in_force(hook: Hook, month: date, rates: Decided | None = None) -> None:
    """Refuse a month for which no rule, or two versions of one rule, would grant anything.

    `rates` are those that people decided for an office; without them the package's apply.
    """
    made_up = _made_up(month, rates or {})
    try:
        offers = hook(made_up)
    except RulesExclude:
        raise
    except Exception:
        # A rule that fails counts as in force; the error is reported for each agent's month.
        return
    if not items_of(offers, made_up):
        raise NoRule(
            "Tidak ada aturan komisi yang berlaku untuk bulan {month}."
            " Periksa halaman Aturan komisi, dan pluginnya di AGENTSYS_PLUGINS, lalu hitung lagi.",
            month=month,
        )


def new_workers_needed(hook: Hook, month: date, rates: Decided | None = None) -> int | None:
    """The number of new workers that the rules of a month require, if they require one.

    It is found by computing made-up months with more and more new workers: at the required number
    the commission jumps, because all of them are then paid.
    """
    try:
        return _needed(hook, month, tuple(sorted((rates or {}).items())))
    except Exception:
        return None  # a failing rule is reported when it is run


@lru_cache(maxsize=64)  # the rules of a process never change, and their rates are a key
def _needed(hook: Hook, month: date, rates: tuple[tuple[str, Rates | None], ...]) -> int | None:
    sums = [_worth(hook, month, dict(rates), count) for count in range(_MOST_NEEDED + 2)]
    brings = [after - before for before, after in pairwise(sums)]
    for count in range(2, _MOST_NEEDED + 1):
        before, here, after = brings[count - 2 : count + 1]
        if here > before and here > after:
            return count
    return None


def _worth(hook: Hook, month: date, rates: Decided, count: int) -> int:
    new = AgentMonth(
        agent_id=0,
        office_id=0,
        month=month,
        contributions=tuple(_new(number, month) for number in range(1, count + 1)),
        rates=rates,
    )
    return sum(line.amount_idr for _plugin, lines in hook(new) for line in lines)


def _new(number: int, month: date) -> ConfirmedContribution:
    return ConfirmedContribution(
        worker_id=number,
        month=month,
        amount_idr=100_000,
        programmes=frozenset(Programmes.TWO.value.split("+")),
        month_number=1,
        new_to_bpu=True,
        funding=Funding.SELF.value,
    )


def _made_up(month: date, rates: Decided) -> AgentMonth:
    # All kinds of workers: every package and payer, from the first month to the last.
    packages, payers = list(Programmes), list(Funding)
    return AgentMonth(
        agent_id=0,
        office_id=0,
        month=month,
        contributions=tuple(
            ConfirmedContribution(
                worker_id=number,
                month=month,
                amount_idr=100_000,
                programmes=frozenset(packages[number % len(packages)].value.split("+")),
                month_number=1 if number <= _WORKERS - _MONTHS else number - (_WORKERS - _MONTHS),
                new_to_bpu=True,
                funding=payers[number // len(packages) % len(payers)].value,
            )
            for number in range(1, _WORKERS + 1)
        ),
        rates=rates,
    )
