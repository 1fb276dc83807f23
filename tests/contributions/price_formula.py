"""The prices by a formula of their own, and the files of cases that are written with it.

`python -m tests.contributions.price_formula` writes `priced_months.csv` and `advance_cases.csv`
again. The formula knows the decrees, and nothing of the product: neither its tables nor its code.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import product
from pathlib import Path

HERE = Path(__file__).parent
MONTHS_FILE, ADVANCE_FILE = HERE / "priced_months.csv", HERE / "advance_cases.csv"
SECTORS, PAYERS = ("transport", "other"), ("self", "csr", "apbdes", "apbn", "apbd")
MONTHS_COLUMNS = (
    *("group", "month", "income", "programmes", "sector", "funding"),
    *("jkk", "jkm", "jht", "total", "mark"),
)
ADVANCE_COLUMNS = (
    *("start", "months", "sector", "programmes", "income"),
    *("total_month_by_month", "total_if_first_price", "mark"),
)
JKM = 6_800


def base(income: int) -> int:
    """PP 44/2015, Lampiran II: the middle of the bracket, in four stretches of brackets."""
    if income < 1_100_000:
        return 1_000_000
    if income < 2_700_000:  # brackets of Rp200,000
        return 1_200_000 + (income - 1_100_000) // 200_000 * 200_000
    if income < 8_200_000:  # of Rp500,000
        return 2_950_000 + (income - 2_700_000) // 500_000 * 500_000
    if income < 20_200_000:  # of Rp1,000,000
        return 8_700_000 + (income - 8_200_000) // 1_000_000 * 1_000_000
    return 20_700_000


def halved(year: int, month: int, sector: str, payer: str) -> bool:
    """PP 50/2025, paragraph 4: transport Jan 2026 to Mar 2027, others Apr to Dec 2026."""
    if payer not in ("self", "csr"):  # not where a budget pays
        return False
    number = year * 12 + month
    first, last = ((2026, 1), (2027, 3)) if sector == "transport" else ((2026, 4), (2026, 12))
    return first[0] * 12 + first[1] <= number <= last[0] * 12 + last[1]


def price(
    year: int, month: int, income: int, programmes: int, sector: str, payer: str
) -> list[int]:
    """JKK, JKM, JHT and their sum: 1 % and 2 % of the base, JKM for all, half in a discount."""
    jkk, jkm = base(income) // 100, JKM
    jht = base(income) // 50 if programmes == 3 else 0
    if halved(year, month, sector, payer):
        jkk, jkm = jkk // 2, jkm // 2
    return [jkk, jkm, jht, jkk + jkm + jht]


def mark(programmes: int, payer: str) -> str:
    """How certain a price is: JHT from a second source, donors and villages are our decision."""
    return "unsure" if payer in ("csr", "apbdes") else "secondary" if programmes == 3 else "sourced"


def later(year: int, month: int, count: int) -> tuple[int, int]:
    """The month that many months later."""
    years, index = divmod(year * 12 + month - 1 + count, 12)
    return years, index + 1


def bounds() -> list[int]:
    """The lowest income of each of the 33 brackets."""
    return [
        0,
        *range(1_100_000, 2_700_000, 200_000),
        *range(2_700_000, 8_200_000, 500_000),
        *range(8_200_000, 20_200_000, 1_000_000),
        20_200_000,
    ]


Case = tuple[str, int, int, int, int, str, str]


def months() -> Iterator[Case]:
    """What the file of months has: group, year, month, income, programmes, sector, payer."""
    yield from _brackets()
    calendar = [(2025, 12), *(later(2026, 1, step) for step in range(17))]
    for when, sector, payer, programmes, income in product(
        calendar, SECTORS, PAYERS, (2, 3), (1_000_000, 2_950_000)
    ):
        yield "month", *when, income, programmes, sector, payer
    edges = ((2021, 2), (2024, 2), (2026, 3), (2026, 4), (2027, 1), (2027, 4), (2028, 2))
    for when, sector, income, programmes in product(
        edges, SECTORS, (0, 999, 1_099_999, 99_000_000), (2, 3)
    ):
        yield "edge", *when, income, programmes, sector, "self"


def _brackets() -> Iterator[Case]:
    """Of each bracket the lowest income, one in the gap that the decree prints, and one below."""
    for bound, programmes in product(bounds(), (2, 3)):
        for income in sorted({bound, bound + 99_500, max(bound - 1, 0)}):
            yield "bracket", 2025, 12, income, programmes, "other", "self"
            yield "bracket_half", 2026, 11, income, programmes, "transport", "self"


def advances() -> Iterator[tuple[int, int, int, str, int, int]]:
    """What the file of payments ahead has: year, month, months, sector, programmes, income."""
    starts = [later(2025, 11, step) for step in range(0, 18, 2)]
    for when, count, sector, programmes, income in product(
        starts, (1, 2, 3, 6, 9, 11, 12), SECTORS, (2, 3), (1_000_000, 4_450_000)
    ):
        yield *when, count, sector, programmes, income


def write() -> None:
    """Write both files."""
    with MONTHS_FILE.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(MONTHS_COLUMNS)
        for group, year, month, income, programmes, sector, payer in months():
            sums = price(year, month, income, programmes, sector, payer)
            about = [group, f"{year}-{month:02d}", income, programmes, sector, payer]
            out.writerow([*about, *sums, mark(programmes, payer)])
    with ADVANCE_FILE.open("w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(ADVANCE_COLUMNS)
        for year, month, count, sector, programmes, income in advances():
            each = [
                price(*later(year, month, step), income, programmes, sector, "self")[3]
                for step in range(count)
            ]
            about = [f"{year}-{month:02d}", count, sector, programmes, income]
            # No source says how BPJS prices months that are paid before a tariff changes.
            sure = mark(programmes, "self") if len(set(each)) == 1 else "unsure"
            out.writerow([*about, sum(each), each[0] * count, sure])


if __name__ == "__main__":
    write()
