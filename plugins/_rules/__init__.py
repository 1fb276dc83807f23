"""What the rules with rates share: settings, lines of a whole month, and the office's share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from agentsys.extension.contract import (
    Beneficiary,
    CommissionLine,
    ConfirmedContribution,
    Message,
    Rates,
    RuleSetting,
    SettingKind,
    share,
)

PAYERS = RuleSetting(
    name="payers",
    label="Pembayar yang iurannya dihitung",
    kind=SettingKind.CHOICES,
    choices=(
        ("self", "Pekerja sendiri"),
        ("apbn", "APBN"),
        ("apbd", "APBD"),
        ("apbdes", "APBDes"),
        ("csr", "CSR"),
    ),
    is_reading=True,
)
SPONSORS = replace(PAYERS, choices=PAYERS.choices[1:])
MOST_IDR = RuleSetting(
    name="most_idr",
    label="Paling banyak per agen dan bulan",
    kind=SettingKind.IDR,
    help="0 berarti tanpa batas.",
)
OFFICE_PERCENT = RuleSetting(
    name="office_percent",
    label="Bagian kantor di atas komisi agen, dalam persen",
    kind=SettingKind.PERCENT,
    most=100,
)
_CAP = "dipotong sampai paling banyak {most_idr} sebulan, {decree}"
_OFFICE = "{percent}% × {base_idr} (komisi agen bulan ini), untuk kantor (wadah), {decree}"


def of_contribution(
    rule: str,
    contribution: ConfirmedContribution,
    amount_idr: int,
    rates: Rates,
    reason: Message,
) -> CommissionLine:
    """A line for the agent about one contribution."""
    return CommissionLine(
        rule=rule,
        version=rates.version,
        beneficiary=Beneficiary.AGENT,
        amount_idr=amount_idr,
        worker_id=contribution.worker_id,
        month=contribution.month,
        reason=reason,
    )


def of_month(
    rule: str,
    amount_idr: int,
    rates: Rates,
    reason: Message,
    *,
    beneficiary: Beneficiary = Beneficiary.AGENT,
) -> CommissionLine:
    """A line about the whole month."""
    return CommissionLine(
        rule=rule,
        version=rates.version,
        beneficiary=beneficiary,
        amount_idr=amount_idr,
        reason=reason,
    )


def office_on_top(
    rule: str, for_agent: Sequence[CommissionLine], rates: Rates
) -> Iterator[CommissionLine]:
    """The office's share of what the agent earns, on top of it; nothing if it is 0."""
    base_idr = sum(line.amount_idr for line in for_agent)
    percent = rates.percent("office_percent")
    amount_idr = share(base_idr, percent)
    if amount_idr:
        reason = Message(
            text=_OFFICE,
            values={"percent": str(percent), "base_idr": base_idr, "decree": rates.decree},
        )
        yield of_month(rule, amount_idr, rates, reason, beneficiary=Beneficiary.OFFICE)


def cap(rule: str, lines: Sequence[CommissionLine], rates: Rates) -> Iterator[CommissionLine]:
    """What is taken off, if the lines are more than the rates allow for an agent and month."""
    most_idr = rates.number("most_idr")
    over_idr = sum(line.amount_idr for line in lines) - most_idr
    if most_idr and over_idr > 0:
        reason = Message(text=_CAP, values={"most_idr": most_idr, "decree": rates.decree})
        yield of_month(rule, -over_idr, rates, reason)


def at_most(amount_idr: int, rates: Rates) -> int:
    """An amount cut at the most that the rates allow for an agent and month."""
    most_idr = rates.number("most_idr")
    return min(amount_idr, most_idr) if most_idr else amount_idr
