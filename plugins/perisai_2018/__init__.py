"""The incentive of Perisai agents until March 2022: the office's part is taken out of the sum."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentsys.extension.contract import (
    AgentMonth,
    Beneficiary,
    CommissionLine,
    CommissionRule,
    ConfirmedContribution,
    Message,
    Rates,
    RuleSetting,
    SettingKind,
    hookimpl,
    read_rates,
    share,
)
from agentsys.plugins._rules import PAYERS, of_contribution, of_month

_ACTIVITY = (
    "{percent}% × {base_idr}; {count} pekerja baru bulan ini (paling sedikit {least}), {decree}"
)
_COLLECTION = "{agent_percent}% × {percent}% × {base_idr}, {decree}"
_OFFICE = "{base_idr} dikurangi bagian agen {agent_idr}, untuk kantor (wadah), {decree}"

RULE = CommissionRule(
    name="perisai_2018",
    label="Insentif Perisai 2018",
    about="Jumlah tetap jika pekerja baru cukup, dan persen dari iuran; sebagian untuk kantor.",
    instead_of="incentive",
    settings=(
        RuleSetting(
            name="least_new",
            label="Pekerja baru paling sedikit dalam sebulan",
            kind=SettingKind.COUNT,
            least=1,
            most=1_000,
        ),
        RuleSetting(
            name="activity_idr",
            label="Jumlah tetap jika pekerja baru cukup",
            kind=SettingKind.IDR,
        ),
        RuleSetting(
            name="percent",
            label="Persen dari iuran",
            kind=SettingKind.PERCENT,
            most=100,
        ),
        RuleSetting(
            name="agent_percent",
            label="Bagian agen dari semuanya, dalam persen",
            kind=SettingKind.PERCENT,
            most=100,
        ),
        PAYERS,
    ),
    packaged=read_rates("agentsys.plugins.perisai_2018"),
)


@hookimpl
def register_commission_rules() -> Sequence[CommissionRule]:
    """The incentive with its settings."""
    return [RULE]


@hookimpl
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """Lines for activity, for each contribution, and what is left for the office."""
    rates = month.rates.get(RULE.name)
    if rates is None:
        return []
    payers = rates.words("payers")
    new = sum(c.funding in payers for c in month.new_workers)
    paid = [c for c in month.contributions if c.funding in payers]
    earned = [share(c.amount_idr, rates.percent("percent")) for c in paid]
    activity_idr = rates.number("activity_idr") if new >= rates.number("least_new") else 0
    lines = [_activity(activity_idr, new, rates)]
    lines += [_collection(c, idr, rates) for c, idr in zip(paid, earned, strict=True)]
    lines.append(_office(activity_idr + sum(earned), lines, rates))
    return [line for line in lines if line.amount_idr]


def _activity(activity_idr: int, new: int, rates: Rates) -> CommissionLine:
    percent = rates.percent("agent_percent")
    values: dict[str, str | int] = {
        "percent": str(percent),
        "base_idr": activity_idr,
        "count": new,
        "least": rates.number("least_new"),
        "decree": rates.decree,
    }
    reason = Message(text=_ACTIVITY, values=values)
    return of_month("perisai_2018.activity", share(activity_idr, percent), rates, reason)


def _collection(
    contribution: ConfirmedContribution, earned_idr: int, rates: Rates
) -> CommissionLine:
    percent = rates.percent("agent_percent")
    values: dict[str, str | int] = {
        "agent_percent": str(percent),
        "percent": str(rates.percent("percent")),
        "base_idr": contribution.amount_idr,
        "decree": rates.decree,
    }
    reason = Message(text=_COLLECTION, values=values)
    amount_idr = share(earned_idr, percent)
    return of_contribution("perisai_2018.collection", contribution, amount_idr, rates, reason)


def _office(whole_idr: int, for_agent: list[CommissionLine], rates: Rates) -> CommissionLine:
    agent_idr = sum(line.amount_idr for line in for_agent)
    values: dict[str, str | int] = {
        "base_idr": whole_idr,
        "agent_idr": agent_idr,
        "decree": rates.decree,
    }
    return of_month(
        "perisai_2018.office",
        whole_idr - agent_idr,
        rates,
        Message(text=_OFFICE, values=values),
        beneficiary=Beneficiary.OFFICE,
    )
