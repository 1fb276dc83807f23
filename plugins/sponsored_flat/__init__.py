"""An amount for each month that a sponsor pays. The decree is silent, so no rates are packaged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentsys.extension.contract import (
    AgentMonth,
    CommissionLine,
    CommissionRule,
    Message,
    RuleSetting,
    SettingKind,
    hookimpl,
)
from agentsys.plugins._rules import (
    MOST_IDR,
    OFFICE_PERCENT,
    SPONSORS,
    cap,
    of_contribution,
    office_on_top,
)

_MONTH = "{amount_idr} untuk sebulan yang dibayar {payer}, {decree}"

RULE = CommissionRule(
    name="sponsored_flat",
    label="Jumlah tetap untuk iuran bantuan",
    about="Jumlah tetap untuk tiap bulan iuran yang dibayar pemberi bantuan.",
    settings=(
        RuleSetting(
            name="amount_idr",
            label="Untuk tiap bulan iuran",
            kind=SettingKind.IDR,
            least=1,
        ),
        SPONSORS,
        OFFICE_PERCENT,
        MOST_IDR,
    ),
)


@hookimpl
def register_commission_rules() -> Sequence[CommissionRule]:
    """The rule with its settings."""
    return [RULE]


@hookimpl
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """A line for each contribution of a sponsor."""
    rates = month.rates.get(RULE.name)
    if rates is None:
        return []
    amount_idr, payers = rates.number("amount_idr"), rates.words("payers")
    lines = [
        of_contribution(
            "sponsored_flat.month",
            contribution,
            amount_idr,
            rates,
            Message(
                text=_MONTH,
                values={
                    "amount_idr": amount_idr,
                    "payer": contribution.funding.upper(),
                    "decree": rates.decree,
                },
            ),
        )
        for contribution in month.contributions
        if contribution.funding in payers
    ]
    lines += cap("sponsored_flat.cap", lines, rates)
    return [*lines, *office_on_top("sponsored_flat.office", lines, rates)]
