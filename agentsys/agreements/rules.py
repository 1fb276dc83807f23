"""Dated settings about sponsors: whose agreement pays first, shares, warnings."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.agreements.kinds import SponsorKind
from agentsys.errors import Refused


class Rule(StrEnum):
    """What a setting is about."""

    LEAVERS_PERCENT = "leavers_percent"  # of a list, that one person may let go without a second
    DUE_DAYS = "due_days"  # from the day on which a bill is sent
    WARN_DAYS = "warn_days"  # before an agreement ends, or a bill cannot be paid any more


class RuleMissing(Refused):
    """Not exactly one row applies to a day."""

    text = "Aturan tentang sponsor untuk hari itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The value of one rule on a day, and how certain it is."""

    value: int
    certainty: str
    source: str


def setting(rule: Rule, day: date) -> Setting:
    """The setting that applies to a day; RuleMissing unless exactly one row does."""
    return _on(rule.value, day)


def priority(kind: SponsorKind, day: date) -> int:
    """The place of a kind of sponsor among those who would pay for one worker; the lowest pays."""
    return _on(f"priority_{kind.value}", day).value


def _on(name: str, day: date) -> Setting:
    found = [
        each
        for rule, first, last, each in _table()
        if rule == name and first <= day and (not last or day <= last)
    ]
    if len(found) != 1:
        raise RuleMissing(rule=name, day=day)
    return found[0]


@lru_cache
def _table() -> tuple[tuple[str, date, date | None, Setting], ...]:
    table = files("agentsys.agreements") / "tables" / "sponsor_rules.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    return tuple(
        (
            row["rule"],
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            Setting(value=int(row["value"]), certainty=row["certainty"], source=row["source"]),
        )
        for row in csv.DictReader(lines)
    )
