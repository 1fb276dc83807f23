"""A percentage that grows with the month: of the sum of contributions, or by their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from agentsys.extension.contract import (
    AgentMonth,
    CommissionLine,
    CommissionRule,
    Message,
    Rates,
    RuleSetting,
    SettingKind,
    hookimpl,
    percent_in,
    share,
)
from agentsys.plugins._rules import (
    MOST_IDR,
    OFFICE_PERCENT,
    PAYERS,
    at_most,
    of_month,
    office_on_top,
)

_BY_SUM = "berjenjang atas {base_idr} iuran bulan ini, {decree}"
_BY_COUNT = "{percent}% × {base_idr}, untuk {count} iuran bulan ini, {decree}"

RULE = CommissionRule(
    name="tiered",
    label="Persen berjenjang",
    about="Persen dari iuran sebulan yang naik dengan jumlahnya.",
    settings=(
        RuleSetting(
            name="measure",
            label="Jenjang menurut",
            kind=SettingKind.CHOICE,
            choices=(
                ("sum", "Jumlah rupiah: tiap bagian dengan persen jenjangnya"),
                ("count", "Banyaknya iuran: satu persen untuk semuanya"),
            ),
        ),
        RuleSetting(
            name="bands",
            label="Jenjang",
            kind=SettingKind.BANDS,
            help="Satu baris untuk tiap jenjang, misalnya 1-1000000: 2 lalu 1000001-: 3",
        ),
        PAYERS,
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
    """One line for the month, and the office's share."""
    rates = month.rates.get(RULE.name)
    if rates is None:
        return []
    payers = rates.words("payers")
    paid = [c.amount_idr for c in month.contributions if c.funding in payers]
    measured = _by_sum if rates.word("measure") == "sum" else _by_count
    exact, reason = measured(paid, rates)
    amount_idr = at_most(share(1, exact), rates)
    if not amount_idr:
        return []
    lines = [of_month("tiered.month", amount_idr, rates, reason)]
    return [*lines, *office_on_top("tiered.office", lines, rates)]


def _by_sum(paid: Sequence[int], rates: Rates) -> tuple[Decimal, Message]:
    """The hundredfold of what each part of the sum earns at the percentage of its band."""
    base_idr = sum(paid)
    exact = Decimal(0)
    for first, last, percent in rates.bands("bands"):
        inside = min(base_idr, last or base_idr) - first + 1
        exact += max(inside, 0) * percent
    values: dict[str, str | int] = {"base_idr": base_idr, "decree": rates.decree}
    return exact, Message(text=_BY_SUM, values=values)


def _by_count(paid: Sequence[int], rates: Rates) -> tuple[Decimal, Message]:
    base_idr, percent = sum(paid), percent_in(rates.bands("bands"), len(paid))
    values: dict[str, str | int] = {
        "percent": str(percent),
        "base_idr": base_idr,
        "count": len(paid),
        "decree": rates.decree,
    }
    return base_idr * percent, Message(text=_BY_COUNT, values=values)
