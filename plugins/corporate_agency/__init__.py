"""The incentive of agencies that are companies; self-paid months do not count."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agentsys.extension.contract import (
    AgentMonth,
    CommissionLine,
    CommissionRule,
    Message,
    RuleSetting,
    SettingKind,
    hookimpl,
    share,
)
from agentsys.plugins._rules import (
    MOST_IDR,
    OFFICE_PERCENT,
    SPONSORS,
    cap,
    of_contribution,
    office_on_top,
)

_COLLECTION = "{percent}% × {base_idr}, iuran yang dibayar {payer}, {decree}"

# The published text says "at most 2.5 %" and no more, so no rates are packaged: an office proposes
# those of its agreement.
RULE = CommissionRule(
    name="corporate_agency",
    label="Agen perusahaan",
    about="Persen dari iuran yang tidak dibayar pekerja sendiri, paling tinggi 2,5%.",
    instead_of="incentive",
    settings=(
        RuleSetting(
            name="percent",
            label="Persen dari iuran",
            kind=SettingKind.PERCENT,
            help="Paling tinggi 2,5, menurut perjanjian dengan BPJS.",
            most=Decimal("2.5"),
        ),
        SPONSORS,
        OFFICE_PERCENT,
        MOST_IDR,
    ),
)


@hookimpl
def register_commission_rules() -> Sequence[CommissionRule]:
    """The incentive with its settings."""
    return [RULE]


@hookimpl
def commission_lines(month: AgentMonth) -> Iterable[CommissionLine]:
    """A line for each contribution that somebody else than the worker paid."""
    rates = month.rates.get(RULE.name)
    if rates is None:
        return []
    percent, payers = rates.percent("percent"), rates.words("payers")
    lines = []
    for contribution in month.contributions:
        amount_idr = share(contribution.amount_idr, percent)
        if contribution.funding in payers and amount_idr:
            values: dict[str, str | int] = {
                "percent": str(percent),
                "base_idr": contribution.amount_idr,
                "payer": contribution.funding.upper(),
                "decree": rates.decree,
            }
            reason = Message(text=_COLLECTION, values=values)
            lines.append(
                of_contribution(
                    "corporate_agency.collection", contribution, amount_idr, rates, reason
                )
            )
    lines += cap("corporate_agency.cap", lines, rates)
    return [*lines, *office_on_top("corporate_agency.office", lines, rates)]
