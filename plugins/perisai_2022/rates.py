"""The rates of the incentive, by month.

To change a rate, add a row with its first month; existing lines keep the source of their row.
Months are those in which BPJS confirmed the contributions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, TypeVar


class Certainty(StrEnum):
    """How certain the source of a row is."""

    PUBLISHED = "published"
    DOUBTFUL = "doubtful"  # our reading, until BPJS answers


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates of the rule; a row is valid until the next one begins, or until its last month."""

    valid_from: date
    valid_until: date | None = None  # the last month; needed if no other row follows
    source: str
    decree: str  # the source in short, as the reasons of lines cite it
    certainty: Certainty
    acquisition_least_workers: int  # with a NIK that was never registered in the BPU segment
    acquisition_idr: Mapping[int, int]  # for each of them, by number of programmes
    collection_percent: tuple[tuple[int, int, Decimal], ...]  # first, last contribution month
    office_percent: Decimal  # on top: the agent keeps the whole sum

    def percent_of(self, month_number: int) -> Decimal:
        """The percentage for the worker's contribution month of this number."""
        for first, last, percent in self.collection_percent:
            if first <= month_number <= last:
                return percent
        return Decimal(0)


@dataclass(frozen=True, kw_only=True)
class Payers:
    """The payers whose contributions earn; a row is valid until the next one begins."""

    valid_from: date
    source: str
    certainty: Certainty
    funding: frozenset[str]
    doubtful: frozenset[str] = frozenset()  # those of them about whom no source speaks


RATES: tuple[Rates, ...] = (
    Rates(
        valid_from=date(2022, 4, 1),
        source="Perdir 13/PERDIR.02/042022",
        decree="Perdir 13/2022",
        certainty=Certainty.PUBLISHED,
        acquisition_least_workers=25,
        acquisition_idr={3: 15_000, 2: 10_000},
        collection_percent=((1, 24, Decimal(15)), (25, 60, Decimal(5))),
        office_percent=Decimal(10),
    ),
)

# The published text names no payer, so contributions of every payer earn.
# If BPJS answers that sponsored workers do not, add a row with the month from which that holds.
PAYERS: tuple[Payers, ...] = (
    Payers(
        valid_from=date(2022, 4, 1),
        source="Perdir 13/PERDIR.02/042022",
        certainty=Certainty.DOUBTFUL,
        funding=frozenset({"self", "apbn", "apbd", "apbdes", "csr"}),
        doubtful=frozenset({"apbn", "apbd", "apbdes", "csr"}),
    ),
)


def rates_in(month: date) -> Rates | None:
    """The rates of a month; None before the first row and after the last month of the last one."""
    rates = _newest(RATES, month)
    if rates is None or (rates.valid_until and month > rates.valid_until):
        return None
    return rates


def payers_in(month: date) -> frozenset[str]:
    """The payers whose contributions earn in a month."""
    row = _newest(PAYERS, month)
    return row.funding if row else frozenset()


def doubtful_payers_in(month: date) -> frozenset[str]:
    """Those of them of whom it is not certain."""
    row = _newest(PAYERS, month)
    return row.doubtful if row else frozenset()


class _Dated(Protocol):
    @property
    def valid_from(self) -> date: ...


_Row = TypeVar("_Row", bound=_Dated)


def _newest(rows: Iterable[_Row], month: date) -> _Row | None:
    begun = (row for row in rows if row.valid_from <= month)
    return max(begun, key=lambda row: row.valid_from, default=None)
