"""What BPJS pays by law: dated tables of this package, and pure functions over them."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from agentsys.months import parse_month

MOST_CHILDREN = 2  # children of one worker who may get a scholarship
# Contribution months after which a death that is no accident brings scholarships. Sources say
# "3 years of contributions", not whether they may have gaps.
SCHOLARSHIP_MONTHS = 36
_TABLES = files("agentsys.benefits") / "tables"


class Certainty(StrEnum):
    """How sure a row of a table is."""

    SOURCED = "sourced"  # read in the law, or on a page of BPJS
    SECONDARY = "secondary"  # read in the news or another source of low authority
    UNSURE = "unsure"


class Programme(StrEnum):
    """The programme that pays: after an accident at work, or after any other death."""

    JKK = "JKK"
    JKM = "JKM"


@dataclass(frozen=True, kw_only=True)
class Benefit:
    """One sum that a family would get, with what it rests on."""

    name: str
    amount_idr: int
    certainty: Certainty
    source: str


@dataclass(frozen=True, kw_only=True)
class Scholarship:
    """What one child gets for a level of school."""

    level: str
    year_idr: int
    most_years: int
    certainty: Certainty
    source: str

    @property
    def most_idr(self) -> int:
        """What one child gets for the whole level."""
        return self.year_idr * self.most_years


@dataclass(frozen=True)
class _Row:
    programme: Programme
    first: date
    last: date | None
    from_month: int
    until_month: int | None
    amount_idr: int | None
    times_income: int
    benefit: Benefit

    def applies(self, programme: Programme, on: date, member_month: int) -> bool:
        return (
            self.programme is programme
            and self.first <= on
            and (self.last is None or on.replace(day=1) <= self.last)
            and self.from_month <= member_month
            and (self.until_month is None or member_month <= self.until_month)
        )


def on_death(
    programme: Programme, *, on: date, member_month: int, base_idr: int = 0
) -> list[Benefit]:
    """What a family gets for a death on a day; nothing if that month is not covered.

    `member_month`: which month without a gap it is, 0 if BPJS has no contribution for it.
    `base_idr`: the monthly income on which the contribution rests, for sums that depend on it.
    """
    return [
        Benefit(
            name=row.benefit.name,
            amount_idr=row.times_income * base_idr if row.amount_idr is None else row.amount_idr,
            certainty=row.benefit.certainty,
            source=row.benefit.source,
        )
        for row in _benefits()
        if row.applies(programme, on, member_month)
    ]


def total(benefits: list[Benefit]) -> int:
    """The sum of these benefits."""
    return sum(benefit.amount_idr for benefit in benefits)


def scholarships(*, on: date) -> list[Scholarship]:
    """What each child in school gets, by level."""
    return [row for first, last, row in _scholarships() if _holds(first, last, on)]


def most_scholarships_idr(*, on: date) -> int:
    """The most that the children of one worker get together."""
    return MOST_CHILDREN * sum(row.most_idr for row in scholarships(on=on))


def _holds(first: date, last: date | None, on: date) -> bool:
    return first <= on and (last is None or on.replace(day=1) <= last)


@lru_cache(maxsize=1)
def _benefits() -> tuple[_Row, ...]:
    return tuple(
        _Row(
            programme=Programme(row["programme"]),
            first=parse_month(row["valid_from"]),
            last=parse_month(row["valid_until"]) if row["valid_until"] else None,
            from_month=int(row["member_month_from"]),
            until_month=int(row["member_month_until"]) if row["member_month_until"] else None,
            amount_idr=int(row["amount_idr"]) if row["amount_idr"] else None,
            times_income=int(row["times_income"] or 0),
            benefit=Benefit(
                name=row["benefit"],
                amount_idr=0,
                certainty=Certainty(row["certainty"]),
                source=row["source"],
            ),
        )
        for row in _rows("benefits.csv")
    )


@lru_cache(maxsize=1)
def _scholarships() -> tuple[tuple[date, date | None, Scholarship], ...]:
    return tuple(
        (
            parse_month(row["valid_from"]),
            parse_month(row["valid_until"]) if row["valid_until"] else None,
            Scholarship(
                level=row["level"],
                year_idr=int(row["amount_idr"]),
                most_years=int(row["most_years"]),
                certainty=Certainty(row["certainty"]),
                source=row["source"],
            ),
        )
        for row in _rows("scholarships.csv")
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    lines = (_TABLES / name).read_text(encoding="utf-8").splitlines()
    yield from csv.DictReader(lines)
