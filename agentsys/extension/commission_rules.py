"""Commission rules with rates: what settings a rule has, and the dated rates of a package."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any

from agentsys.errors import Refused
from agentsys.months import parse_month

# What every proposal of rates says, whichever the rule.
RESERVED = frozenset({"valid_from", "version", "decree", "certainty", "basis", "ends"})
Band = tuple[int, int | None, Decimal]  # first, last (None: without end; stored as 0), percentage


class RulesExclude(Refused):
    """Two rules of which only one may apply are in force for the same office and month."""

    text = "Dua aturan komisi yang saling menggantikan berlaku bersama. Periksa Aturan komisi."


class SettingKind(StrEnum):
    """What a setting of a rule holds."""

    IDR = "idr"  # whole rupiah
    COUNT = "count"  # a whole number
    PERCENT = "percent"
    CHOICE = "choice"  # one word of `choices`
    CHOICES = "choices"  # any number of them
    BANDS = "bands"  # percentages, each from a number to a number


@dataclass(frozen=True, kw_only=True)
class RuleSetting:
    """One setting of a rule, as a form and a file give it."""

    name: str
    label: str
    kind: SettingKind
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()  # the word, and what it is called
    least: int = 0
    most: int | Decimal = 100_000_000
    is_reading: bool = False  # an interpretation of a doubtful point; statements name it


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The settings of one rule as they apply, and the instrument that fixed them."""

    version: str  # the instrument, as lines keep it; at most 60 characters
    decree: str  # the same in short, as reasons cite it
    certainty: str = "published"
    doubts: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, name: str) -> Any:
        """A setting as it is stored; KeyError without it."""
        return self._by_name[name]

    @cached_property
    def _by_name(self) -> dict[str, Any]:
        return dict(self.values)

    def number(self, name: str) -> int:
        """A setting in rupiah, or a count."""
        return int(self[name])

    def percent(self, name: str) -> Decimal:
        """A percentage."""
        return Decimal(self[name])

    def word(self, name: str) -> str:
        """The chosen word."""
        return str(self[name])

    def words(self, name: str) -> frozenset[str]:
        """The chosen words."""
        return frozenset(self[name])

    def bands(self, name: str) -> tuple[Band, ...]:
        """The bands in their order."""
        return tuple((first, last or None, Decimal(percent)) for first, last, percent in self[name])


@dataclass(frozen=True, kw_only=True)
class DatedRates:
    """Rates of a package with their months."""

    valid_from: date
    valid_until: date | None  # the last month; needed if no other row follows
    rates: Rates


@dataclass(frozen=True, kw_only=True)
class CommissionRule:
    """A rule with settings; of all rules with one `instead_of`, only one may apply to a month."""

    name: str
    label: str
    about: str
    settings: tuple[RuleSetting, ...]
    packaged: tuple[DatedRates, ...] = ()
    instead_of: str = ""

    def __post_init__(self) -> None:
        """Refuse names of settings that a proposal has itself, or that come twice."""
        names = [setting.name for setting in self.settings]
        if len(set(names)) < len(names) or RESERVED & set(names):
            raise ValueError(f"rule {self.name}: name of a setting is taken: {names}")

    def packaged_in(self, month: date) -> Rates | None:
        """The package's rates of a month: the newest row that has begun and not ended."""
        begun = [row for row in self.packaged if row.valid_from <= month]
        row = max(begun, key=lambda row: row.valid_from, default=None)
        if row is None or (row.valid_until and month > row.valid_until):
            return None
        return row.rates


def in_force(
    rules: Sequence[CommissionRule], month: date, decided: Mapping[str, Rates | None]
) -> dict[str, Rates]:
    """The rates of the rules that apply in a month.

    What people decided goes before what the package says; None means that the rule does not apply.
    RulesExclude if two rules apply of which only one may.
    """
    found: dict[str, Rates] = {}
    owners: dict[str, CommissionRule] = {}
    for rule in rules:
        rates = decided[rule.name] if rule.name in decided else rule.packaged_in(month)
        if rates is None:
            continue
        found[rule.name] = rates
        if not rule.instead_of:
            continue
        other = owners.setdefault(rule.instead_of, rule)
        if other is not rule:
            raise RulesExclude(
                "Untuk bulan {month} berlaku dua aturan komisi yang saling menggantikan: {one} dan"
                " {other}. Buka Aturan komisi, lalu usulkan salah satunya tidak berlaku.",
                month=month,
                one=other.label,
                other=rule.label,
            )
    return found


def read_rates(package: str, name: str = "rates.toml") -> tuple[DatedRates, ...]:
    """The dated rates in a plugin's file, in the order of the file.

    Each `[[rates]]` has `valid_from`, `version`, `decree`, `certainty`, and a table `values`;
    `valid_until` and `doubts` may be left out.
    """
    rows = tomllib.loads((files(package) / name).read_text(encoding="utf-8"))["rates"]
    return tuple(
        DatedRates(
            valid_from=parse_month(row["valid_from"]),
            valid_until=parse_month(row["valid_until"]) if "valid_until" in row else None,
            rates=Rates(
                version=row["version"],
                decree=row["decree"],
                certainty=row["certainty"],
                doubts=tuple(row.get("doubts", ())),
                values=frozen(row["values"]),
            ),
        )
        for row in rows
    )


def percent_in(bands: Sequence[Band], number: int) -> Decimal:
    """The percentage of the band with that number; 0 outside of all."""
    for first, last, percent in bands:
        if first <= number and (last is None or number <= last):
            return percent
    return Decimal(0)


def frozen(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Settings as a value that can be compared and hashed."""
    return tuple((name, _tuple(value)) for name, value in sorted(values.items()))


def _tuple(value: Any) -> Any:
    return tuple(_tuple(part) for part in value) if isinstance(value, list | tuple) else value
