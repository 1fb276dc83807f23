"""The dated rules of cover, with how certain each is: what a table calls unknown, pages do too."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.errors import Refused
from agentsys.months import parse_month


class CoverRulesMissing(Refused):
    """Not exactly one row of a rule applies to a month."""

    text = "Aturan perlindungan untuk bulan itu belum ada, atau ada dua. Minta pengelola."


class Answer(StrEnum):
    """An answer of a rule that is a question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class CoverRules:
    """The rules of one month."""

    grace_months: int  # of arrears that can still be paid
    waiting_months: int  # from the beginning, in which a death pays less
    in_arrears: Answer  # whether an event within the months of arrears is covered
    after_lapse: Answer  # whether a lapsed membership goes on instead of beginning anew


@lru_cache(maxsize=64)
def rules_in(month: date) -> CoverRules:
    """The rules of a month; CoverRulesMissing unless exactly one row of each applies."""
    found: dict[str, str] = {}
    for row in rows():
        last = row["valid_until"]
        if parse_month(row["valid_from"]) <= month and (not last or month <= parse_month(last)):
            if row["rule"] in found:
                raise CoverRulesMissing(rule=row["rule"], month=month)
            found[row["rule"]] = row["value"]
    try:
        return CoverRules(
            grace_months=int(found["grace_months"]),
            waiting_months=int(found["waiting_months"]),
            in_arrears=Answer(found["in_arrears"]),
            after_lapse=Answer(found["after_lapse"]),
        )
    except KeyError as missing:
        raise CoverRulesMissing(rule=str(missing), month=month) from None


@lru_cache(maxsize=1)
def rows() -> tuple[dict[str, str], ...]:
    """The rows of `tables/cover.csv`."""
    table = files("agentsys.contributions") / "tables" / "cover.csv"
    return tuple(csv.DictReader(table.read_text("utf-8").splitlines()))
