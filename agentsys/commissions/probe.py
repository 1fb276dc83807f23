"""Which rules are in force for a month: they are pure, so a made-up month tells."""

from __future__ import annotations

from datetime import date

from agentsys.commissions.lines import Hook, RuleProblem, items_of
from agentsys.extension.contract import AgentMonth, ConfirmedContribution
from agentsys.workers.models import Funding, Programmes

_WORKERS = 240
_MONTHS = 60


class NoRule(RuleProblem):
    """Tidak ada aturan komisi yang berlaku untuk bulan itu."""


def check_in_force(hook: Hook, month: date) -> None:
    """Refuse a month for which no rule, or two versions of one rule, would grant anything."""
    made_up = _made_up(month)
    try:
        offers = hook(made_up)
    except Exception:
        # A rule that fails is in force; each agent's month will say what is wrong with it.
        return
    if not items_of(offers, made_up):
        raise NoRule(
            "Tidak ada aturan komisi yang berlaku untuk bulan {month}."
            " Aktifkan plugin aturannya di AGENTSYS_PLUGINS, lalu hitung lagi.",
            month=month,
        )


def _made_up(month: date) -> AgentMonth:
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
    )
