"""The dated tables of the tariff, as they are read from their files."""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources.abc import Traversable
from typing import TypeVar

from agentsys.errors import Refused
from agentsys.months import parse_month
from agentsys.workers.models import Funding, Sector

PROGRAMMES = ("JKK", "JKM", "JHT")


class TariffUnreadable(Refused):
    """A tariff table cannot be read."""

    text = "Tabel iuran tidak dapat dibaca."


@dataclass(frozen=True)
class Validity:
    """The instrument of a row, the months that it covers, and how certain it is."""

    instrument: str
    first: date
    last: date | None
    certainty: str
    order: int = 0  # of its release; 0 for the tables of the package

    def covers(self, month: date) -> bool:
        """Whether the row is valid in that month."""
        return self.first <= month and (self.last is None or month <= self.last)


@dataclass(frozen=True)
class Rates:
    """One programme's amounts by income."""

    validity: Validity
    bounds: tuple[int, ...]  # the brackets' lower bounds, ascending
    amounts: tuple[int, ...]

    def amount(self, income_idr: int) -> int:
        """What somebody with this income pays."""
        # The printed upper bounds leave gaps of 999 rupiah, so only the lower bounds count.
        return self.amounts[bisect_right(self.bounds, income_idr) - 1]


@dataclass(frozen=True)
class Discount:
    """What a sector's workers pay of some programmes, by who pays for them."""

    validity: Validity
    sector: Sector
    funding: Funding
    programmes: frozenset[str]
    percent: int
    applies: bool  # a row may also say who gets none, and how certain that is


Dated = TypeVar("Dated", Rates, Discount)


def applying(rows: Sequence[Dated], month: date) -> list[Dated]:
    """Those that apply to a month; one, unless tables of the package overlap.

    A released table takes the place of all with the same first month that were there before it.
    Of several first months the last one counts.
    """
    newest: dict[date, int] = {}
    for row in rows:
        first = row.validity.first
        newest[first] = max(newest.get(first, 0), row.validity.order)
    found = [
        row
        for row in rows
        if row.validity.order == newest[row.validity.first] and row.validity.covers(month)
    ]
    if all(row.validity.order == 0 for row in found):
        return found
    last = max(row.validity.first for row in found)
    return [row for row in found if row.validity.first == last]


def read_rates(file: Traversable) -> list[Rates]:
    """The tables of a file of rates; TariffUnreadable names the row that is wrong."""
    tables: dict[Validity, dict[int, int]] = {}
    for number, row in _rows(file):
        try:
            table = tables.setdefault(_validity(row), {})
            bound, amount = int(row["income_from"]), int(row["amount_idr"])
            if bound in table or amount < 0:
                raise ValueError(f"income_from {bound}, amount_idr {amount}")
            table[bound] = amount
        except (KeyError, ValueError) as error:
            raise _unreadable(file, number, error) from error
    for validity, table in tables.items():
        if min(table) != 0:
            raise _unreadable(file, 1, ValueError(f"{validity.instrument}: income_from 0 missing"))
    return [
        Rates(validity, tuple(sorted(table)), tuple(table[bound] for bound in sorted(table)))
        for validity, table in tables.items()
    ]


def read_discounts(file: Traversable) -> Iterator[Discount]:
    """The rows of a file of discounts; TariffUnreadable names the row that is wrong."""
    for number, row in _rows(file):
        try:
            applies = {"yes": True, "no": False}[row["applies"]]
            percent = int(row["percent_to_pay"])
            programmes = frozenset(row["programmes"].split("+"))
            if not 0 <= percent <= 100 or not programmes <= set(PROGRAMMES):
                raise ValueError(f"percent_to_pay {percent}, programmes {row['programmes']}")
            yield Discount(
                _validity(row),
                Sector(row["sector"]),
                Funding(row["funding"]),
                programmes,
                percent,
                applies,
            )
        except (KeyError, ValueError) as error:
            raise _unreadable(file, number, error) from error


def _rows(file: Traversable) -> Iterator[tuple[int, dict[str, str]]]:
    lines = file.read_text(encoding="utf-8").splitlines()
    yield from enumerate(csv.DictReader(lines), start=2)


def _validity(row: dict[str, str]) -> Validity:
    last = parse_month(row["valid_until"]) if row["valid_until"] else None
    return Validity(row["instrument"], parse_month(row["valid_from"]), last, row["certainty"])


def _unreadable(file: Traversable, number: int, error: Exception) -> TariffUnreadable:
    return TariffUnreadable(
        "Tabel iuran {file} baris {number} tidak dapat dibaca: {error}."
        " Perbaiki baris itu, lalu ulangi.",
        file=file.name,
        number=number,
        error=repr(error),
    )
