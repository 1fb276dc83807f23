"""The price of every bracket, package, sector and payer, around each month in which one changes."""

from __future__ import annotations

import csv
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from agentsys.contributions.tariff import price
from agentsys.months import add_months
from agentsys.workers.kinds import Funding, Programmes, Sector

# PP 44/2015, Lampiran II; PP 46/2015 for JHT; the columns "keringanan" are those of PP 50/2025.
with Path(__file__).with_name("brackets.csv").open(newline="") as _file:
    BRACKETS = list(csv.DictReader(_file))
# PP 50/2025, paragraph 4: from and until which month each sector pays half of JKK and JKM.
HALF = {
    Sector.TRANSPORT: (date(2026, 1, 1), date(2027, 4, 1)),
    Sector.OTHER: (date(2026, 4, 1), date(2027, 1, 1)),
}
BUDGETS = (Funding.APBN, Funding.APBD, Funding.APBDES)  # the discount leaves them out
AROUND = [add_months(edge, step) for edges in HALF.values() for edge in edges for step in (-1, 0)]


def expected(row: dict[str, str], month: date, sector: Sector, funding: Funding) -> dict[str, int]:
    """The sums of both packages by the table."""
    first, until = HALF[sector]
    halved = first <= month < until and funding not in BUDGETS
    column = "keringanan_" if halved else ""
    return {
        "JKK+JKM": int(row[f"{column}jkk_jkm"]),
        "JKK+JKM+JHT": int(row[f"{column}tiga_program"]),
    }


@pytest.mark.parametrize("row", BRACKETS, ids=lambda row: f"from {row['penghasilan_dari']}")
def test_every_price_of_a_bracket_is_that_of_the_decrees(row: dict[str, str]) -> None:
    first = int(row["penghasilan_dari"])
    last = int(row["penghasilan_sampai"] or first + 10_000_000)
    compared = 0
    for month, sector, funding in product(AROUND, HALF, Funding):
        sums = expected(row, month, sector, funding)
        for programmes, income_idr in product(Programmes, (first, last)):
            found = price(
                month=month,
                income_idr=income_idr,
                programmes=programmes,
                sector=sector,
                funding=funding,
            )
            assert found.amount_idr == sums[programmes.value], (month, sector, funding, programmes)
            assert found.amount_idr == found.jkk_idr + found.jkm_idr + found.jht_idr
            compared += 1
    assert compared == len(AROUND) * len(HALF) * len(Funding) * 4


@pytest.mark.parametrize("sector", HALF)
@pytest.mark.parametrize("months", range(1, 13))
@pytest.mark.parametrize("programmes", Programmes)
def test_each_month_that_is_paid_ahead_has_its_own_price(
    sector: Sector, months: int, programmes: Programmes
) -> None:
    savings = 20_000 if programmes is Programmes.THREE else 0  # JHT is never discounted
    for start in AROUND:
        ahead = [add_months(start, step) for step in range(months)]
        halved = sum(HALF[sector][0] <= month < HALF[sector][1] for month in ahead)

        total = sum(
            price(
                month=month,
                income_idr=1_000_000,
                programmes=programmes,
                sector=sector,
                funding=Funding.SELF,
            ).amount_idr
            for month in ahead
        )

        assert total == halved * 8_400 + (months - halved) * 16_800 + months * savings
