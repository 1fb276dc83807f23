"""What speaks for one person, in points: the dated table of reasons and limits."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.errors import Refused
from agentsys.months import parse_month


class ReasonsMissing(Refused):
    """Not exactly one row of a rule applies to a month."""

    text = "Aturan untuk mencari orang yang sama belum ada, atau ada dua. Minta pengelola."


class Reason(StrEnum):
    """What two workers have in common, or what speaks against it."""

    SAME_NIK = "same_nik"
    SAME_KPJ = "same_kpj"
    FORMER_NIK = "former_nik"
    NEAR_NIK = "near_nik"
    SAME_NAME = "same_name"
    SIMILAR_NAME = "similar_name"
    PARTLY_SIMILAR_NAME = "partly_similar_name"
    SAME_BIRTH_DATE = "same_birth_date"
    SAME_PHONE = "same_phone"
    OTHER_SEX = "other_sex"


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of one month: points by reason, and limits."""

    points: Mapping[Reason, int]
    propose_from: int  # points
    similar_percent: int  # trigram similarity of names
    partly_similar_percent: int
    most_sharing: int  # workers who share a phone or a KPJ
    undo_days: int  # in which a merge can be undone

    def score(self, reasons: Collection[Reason]) -> int:
        """The points of these reasons together, from 0 to 100."""
        return max(0, min(100, sum(self.points[reason] for reason in reasons)))


@lru_cache(maxsize=16)
def rules_in(month: date) -> Rules:
    """The rules of a month; ReasonsMissing unless exactly one row of each applies."""
    found: dict[str, int] = {}
    for row in rows():
        last = row["valid_until"]
        if parse_month(row["valid_from"]) <= month and (not last or month <= parse_month(last)):
            if row["rule"] in found:
                raise ReasonsMissing(rule=row["rule"], month=month)
            found[row["rule"]] = int(row["value"])
    try:
        return Rules(
            points={reason: found[reason] for reason in Reason},
            propose_from=found["propose_from"],
            similar_percent=found["similar_percent"],
            partly_similar_percent=found["partly_similar_percent"],
            most_sharing=found["most_sharing"],
            undo_days=found["undo_days"],
        )
    except KeyError as missing:
        raise ReasonsMissing(rule=str(missing), month=month) from None


@lru_cache(maxsize=1)
def rows() -> tuple[dict[str, str], ...]:
    """The rows of `tables/reasons.csv`."""
    table = files("agentsys.duplicates") / "tables" / "reasons.csv"
    return tuple(csv.DictReader(table.read_text("utf-8").splitlines()))
