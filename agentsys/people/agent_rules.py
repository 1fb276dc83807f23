"""Dated settings about agents: how long inactive, when to come back, how many in an office."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.errors import Refused


class Rule(StrEnum):
    """What a setting is about."""

    INACTIVE_MONTHS = "inactive_months"  # without a new worker and without a payment
    REENTRY_MONTHS = "reentry_months"  # until an agent who ended may be active again
    AGENTS_OF_OFFICE = "agents_of_office"  # at least
    PAPER_WARN_DAYS = "paper_warn_days"  # before a paper ends
    HANDOVER_ALONE_WORKERS = "handover_alone_workers"  # at most, without a second person
    LIST_ALONE_CHANGES = "list_alone_changes"  # registered people that a list changes, likewise
    BANK_COOLING_DAYS = "bank_cooling_days"  # from the approval of a new account to its use
    REVERSAL_HOURS = "reversal_hours"  # in which an agent may propose to void a cash receipt
    SHORTAGE_ALONE_IDR = "shortage_alone_idr"  # of a deposit; beyond it an admin confirms
    CASH_BLOCK_DAYS = "cash_block_days"  # with cash older than that an agent takes no more
    CODE_DAYS = "code_days"  # after the day of a kode iuran, on which it can still be paid
    BLIND_COUNT = "blind_count"  # of cash, before the expected sum is shown: 1 or 0
    SUBSTITUTE_EARNS = "substitute_earns"  # what he or she collects during a leave: 1 or 0
    # What an appointment needs: 1 or 0.
    EXAM_REQUIRED = "exam_required"
    CERTIFICATE_REQUIRED = "certificate_required"
    CARD_REQUIRED = "card_required"
    LETTER_REQUIRED = "letter_required"
    PKS_REQUIRED = "pks_required"


BEFORE_APPOINTMENT = (
    Rule.EXAM_REQUIRED,
    Rule.CERTIFICATE_REQUIRED,
    Rule.CARD_REQUIRED,
    Rule.LETTER_REQUIRED,
    Rule.PKS_REQUIRED,
)


class RuleMissing(Refused):
    """Not exactly one row applies to a day."""

    text = "Aturan tentang agen untuk hari itu belum ada, atau ada dua. Minta pengelola."


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The value of one rule on a day, and how certain it is."""

    value: int
    certainty: str
    source: str

    @property
    def is_certain(self) -> bool:
        """Whether a source of authority says so."""
        return self.certainty == "sourced"


def setting(rule: Rule, day: date) -> Setting:
    """The setting that applies to a day; RuleMissing unless exactly one row does."""
    found = [
        each
        for name, first, last, each in _table()
        if name is rule and first <= day and (not last or day <= last)
    ]
    if len(found) != 1:
        raise RuleMissing(rule=rule.value, day=day)
    return found[0]


def appointment_needs_something(day: date) -> bool:
    """Whether an agent is appointed only after an exam, or with papers."""
    return any(setting(rule, day).value for rule in BEFORE_APPOINTMENT)


@lru_cache
def _table() -> tuple[tuple[Rule, date, date | None, Setting], ...]:
    table = files("agentsys.people") / "tables" / "agent_rules.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    return tuple(
        (
            Rule(row["rule"]),
            date.fromisoformat(row["valid_from"]),
            date.fromisoformat(row["valid_until"]) if row["valid_until"] else None,
            Setting(value=int(row["value"]), certainty=row["certainty"], source=row["source"]),
        )
        for row in csv.DictReader(lines)
    )
