"""An amount for reaching a number of new workers, or of confirmed contributions, in a month."""

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
    PAYERS,
    at_most,
    of_month,
    office_on_top,
)

_NEW = "{times} × {amount_idr}: {count} pekerja baru bulan ini, tiap {each}, {decree}"
_PAID = "{times} × {amount_idr}: {count} iuran bulan ini, tiap {each}, {decree}"

RULE = CommissionRule(
    name="bonus",
    label="Bonus pencapaian",
    about="Jumlah tetap tiap kali agen mencapai sejumlah pekerja baru atau iuran dalam sebulan.",
    settings=(
        RuleSetting(
            name="measure",
            label="Yang dihitung",
            kind=SettingKind.CHOICE,
            choices=(("new", "Pekerja baru"), ("paid", "Iuran yang dikonfirmasi")),
        ),
        RuleSetting(
            name="each",
            label="Tiap berapa",
            kind=SettingKind.COUNT,
            least=1,
            most=100_000,
        ),
        RuleSetting(name="amount_idr", label="Bonusnya", kind=SettingKind.IDR, least=1),
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
    is_new = rates.word("measure") == "new"
    counted = month.new_workers if is_new else month.contributions
    payers = rates.words("payers")
    count, each = sum(c.funding in payers for c in counted), rates.number("each")
    amount_idr = at_most(count // each * rates.number("amount_idr"), rates)
    if not amount_idr:
        return []
    reason = Message(
        text=_NEW if is_new else _PAID,
        values={
            "times": count // each,
            "amount_idr": rates.number("amount_idr"),
            "count": count,
            "each": each,
            "decree": rates.decree,
        },
    )
    lines = [of_month("bonus.month", amount_idr, rates, reason)]
    return [*lines, *office_on_top("bonus.office", lines, rates)]
