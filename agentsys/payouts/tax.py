"""Income tax on commissions: PPh 21 of agents, who are no employees, and PPh 23 of bodies.

Pure arithmetic on dated rows. Amounts are rupiah; a tax is rounded down to whole rupiah once, at
the end. Progressive rates are applied to the sum of a period, and what was withheld of that sum
before is taken off, so that payments in parts are taxed as one payment of their sum.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

from agentsys.errors import Refused


class TaxKind(StrEnum):
    """Which income tax is withheld."""

    PPH21 = "pph21"  # of a person who is no employee
    PPH23 = "pph23"  # of a body


class TaxRuleMissing(Refused):
    """Not exactly one row of a rule applies to a day."""

    text = "Aturan pajak komisi untuk hari itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class TaxStep:
    """One bracket of the progressive rates: how much of the base is in it, and its percentage."""

    percent: Decimal
    base_idr: int


@dataclass(frozen=True, kw_only=True)
class Tax:
    """The tax on one payment, and how it came about."""

    kind: TaxKind
    gross_idr: int
    base_idr: int  # what of the gross sum is taxed
    steps: tuple[TaxStep, ...]
    surcharge: bool  # because no taxpayer number counts
    tax_idr: int


def pph21(*, gross_idr: int, before_idr: int, has_npwp: bool, day: date) -> Tax:
    """PPh 21 on a payment of a person who got `before_idr` gross before in the period."""
    rules = rules_on(day)
    base_before, base_after = _base(before_idr, rules), _base(before_idr + gross_idr, rules)
    brackets = _brackets(day)
    factor = Decimal(100 if has_npwp else rules["pph21_without_npwp_percent"])
    whole = _progressive(base_after, brackets) * factor / 100
    earlier = _progressive(base_before, brackets) * factor / 100
    return Tax(
        kind=TaxKind.PPH21,
        gross_idr=gross_idr,
        base_idr=base_after - base_before,
        steps=_steps(base_before, base_after, brackets),
        surcharge=not has_npwp,
        tax_idr=_whole(whole) - _whole(earlier),
    )


def pph23(*, gross_idr: int, has_npwp: bool, day: date) -> Tax:
    """PPh 23 on a payment to a body: a percentage of the gross sum."""
    rules = rules_on(day)
    percent = Decimal(rules["pph23_percent" if has_npwp else "pph23_without_npwp_percent"])
    return Tax(
        kind=TaxKind.PPH23,
        gross_idr=gross_idr,
        base_idr=gross_idr,
        steps=(TaxStep(percent=percent, base_idr=gross_idr),),
        surcharge=not has_npwp,
        tax_idr=_whole(gross_idr * percent / 100),
    )


def rules_on(day: date) -> dict[str, int]:
    """The rules of a day by name; TaxRuleMissing unless each is there exactly once."""
    found = [(row["rule"], int(row["value"])) for row in _rows("tax_rules") if _applies(row, day)]
    names = {row["rule"] for row in _rows("tax_rules")}
    if sorted(name for name, _value in found) != sorted(names):
        raise TaxRuleMissing(day=day)
    return dict(found)


def doubts_on(day: date) -> list[str]:
    """The sources of rules and rates of a day that nobody confirmed, for pages and slips."""
    rows = [*_rows("tax_rules"), *_rows("article_17")]
    said = (row["source"] for row in rows if _applies(row, day) and row["certainty"] != "sourced")
    return list(dict.fromkeys(said))


def _base(gross_idr: int, rules: dict[str, int]) -> int:
    step = rules["base_step_idr"]
    half = Decimal(gross_idr) * rules["pph21_base_percent"] / 100
    return _whole(half) // step * step


def _progressive(base_idr: int, brackets: list[tuple[int, int | None, Decimal]]) -> Decimal:
    steps = _steps(0, base_idr, brackets)
    return sum((step.base_idr * step.percent / 100 for step in steps), Decimal(0))


def _steps(
    first_idr: int, last_idr: int, brackets: list[tuple[int, int | None, Decimal]]
) -> tuple[TaxStep, ...]:
    """The brackets between two sums of the base."""
    found = []
    for begins, ends, percent in brackets:
        upper = last_idr if ends is None else min(last_idr, ends)
        part = upper - max(first_idr, begins)
        if part > 0:
            found.append(TaxStep(percent=percent, base_idr=part))
    return tuple(found)


def _brackets(day: date) -> list[tuple[int, int | None, Decimal]]:
    rows = sorted(
        (int(row["from_idr"]), Decimal(row["percent"]))
        for row in _rows("article_17")
        if _applies(row, day)
    )
    if not rows or rows[0][0] != 0 or len({begins for begins, _percent in rows}) < len(rows):
        raise TaxRuleMissing(day=day)
    ends = [*(after[0] for _row, after in pairwise(rows)), None]
    return [(begins, end, percent) for (begins, percent), end in zip(rows, ends, strict=True)]


def _applies(row: dict[str, str], day: date) -> bool:
    first = date.fromisoformat(row["valid_from"])
    return first <= day and (
        not row["valid_until"] or day <= date.fromisoformat(row["valid_until"])
    )


@lru_cache
def _rows(name: str) -> tuple[dict[str, str], ...]:
    table = files("agentsys.payouts") / "tables" / f"{name}.csv"
    return tuple(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))


def _whole(amount: Decimal) -> int:
    return int(amount.quantize(Decimal(1), rounding=ROUND_DOWN))
