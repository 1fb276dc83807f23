"""The tariff, compared with printed tables and dated cases, and some general properties."""

from __future__ import annotations

import csv
import shutil
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentsys.contributions import tariff
from agentsys.errors import Invalid
from agentsys.months import add_months, parse_month
from agentsys.workers.models import Funding, Programmes, Sector

HERE = Path(__file__).parent
TABLES = Path(tariff.__file__).parent / "tables"
NOVEMBER = date(2026, 11, 1)

months = st.integers(0, 100).map(lambda count: add_months(date(2021, 2, 1), count))
incomes = st.integers(0, 30_000_000)
kinds = st.tuples(st.sampled_from(Programmes), st.sampled_from(Sector), st.sampled_from(Funding))


def cases(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def price(month: date, income_idr: int, kind: tuple[Programmes, Sector, Funding]) -> tariff.Price:
    programmes, sector, funding = kind
    return tariff.price(
        month=month, income_idr=income_idr, programmes=programmes, sector=sector, funding=funding
    )


@pytest.mark.parametrize("case", cases("tariff_cases.csv"), ids=lambda case: case["dasar"])
def test_each_dated_case_has_the_price_that_finance_wrote_down(case: dict[str, str]) -> None:
    kind = (Programmes(case["program"]), Sector(case["sektor"]), Funding(case["dana"]))

    found = price(parse_month(case["bulan"]), int(case["penghasilan"]), kind)

    assert (found.jkk_idr, found.jkm_idr, found.jht_idr, found.amount_idr) == tuple(
        int(case[name]) for name in ("jkk", "jkm", "jht", "jumlah")
    )


@pytest.mark.parametrize("edge", ["penghasilan_dari", "penghasilan_sampai"])
def test_all_33_brackets_cost_what_the_regulation_prints(edge: str) -> None:
    rows = cases("brackets.csv")
    full = (Sector.OTHER, Funding.APBD)
    half = (Sector.OTHER, Funding.SELF)

    for row in rows:
        income = int(row[edge] or 50_000_000)
        two = price(NOVEMBER, income, (Programmes.TWO, *full))
        three = price(NOVEMBER, income, (Programmes.THREE, *full))
        assert two.amount_idr == int(row["jkk_jkm"])
        assert three.amount_idr == int(row["tiga_program"])
        assert (three.jkk_idr, three.jht_idr) == (int(row["jkk"]), int(row["jht"]))
        assert price(NOVEMBER, income, (Programmes.TWO, *half)).amount_idr == int(
            row["keringanan_jkk_jkm"]
        )
        assert price(NOVEMBER, income, (Programmes.THREE, *half)).amount_idr == int(
            row["keringanan_tiga_program"]
        )
    assert len(rows) == 33


def test_the_price_names_the_instruments_that_made_it() -> None:
    discounted = price(NOVEMBER, 1_000_000, (Programmes.THREE, Sector.OTHER, Funding.SELF))
    plain = price(NOVEMBER, 1_000_000, (Programmes.TWO, Sector.OTHER, Funding.APBD))

    assert discounted.instruments == ("PP 44/2015", "PP 46/2015", "PP 50/2025")
    assert plain.instruments == ("PP 44/2015",)


@given(month=months, kind=kinds, low=incomes, high=incomes)
def test_who_earns_more_never_pays_less(
    month: date, kind: tuple[Programmes, Sector, Funding], low: int, high: int
) -> None:
    low, high = sorted((low, high))

    assert price(month, low, kind).amount_idr <= price(month, high, kind).amount_idr


@given(month=months, kind=kinds, income=incomes)
def test_the_table_for_sql_holds_the_price_of_every_income(
    month: date, kind: tuple[Programmes, Sector, Funding], income: int
) -> None:
    table = tariff.price_table(month)
    bracket = sum(bound <= income for bound in table.bounds)

    [found] = [
        found for found in table.lists if (found.programmes, found.sector, found.funding) == kind
    ]

    assert found.prices[bracket - 1] == price(month, income, kind)


@given(month=months, income=incomes, sector=st.sampled_from(Sector))
def test_a_discount_takes_half_of_jkk_and_jkm_and_nothing_of_jht(
    month: date, income: int, sector: Sector
) -> None:
    full = price(month, income, (Programmes.THREE, sector, Funding.APBD))
    own = price(month, income, (Programmes.THREE, sector, Funding.SELF))

    if "PP 50/2025" in own.instruments:
        assert (own.jkk_idr * 2, own.jkm_idr * 2) == (full.jkk_idr, full.jkm_idr)
    else:
        assert (own.jkk_idr, own.jkm_idr) == (full.jkk_idr, full.jkm_idr)
    assert own.jht_idr == full.jht_idr


def test_a_month_before_the_tables_is_refused_and_named() -> None:
    with pytest.raises(tariff.TariffMissing, match="JKK untuk bulan Januari 2021"):
        price(date(2021, 1, 1), 1_000_000, (Programmes.TWO, Sector.OTHER, Funding.SELF))


def test_an_income_below_zero_is_refused() -> None:
    with pytest.raises(Invalid, match="Penghasilan"):
        price(NOVEMBER, -1, (Programmes.TWO, Sector.OTHER, Funding.SELF))


def changed(tmp_path: Path, name: str, row: str) -> tariff.Tariff:
    shutil.copytree(TABLES, tmp_path, dirs_exist_ok=True)
    with (tmp_path / name).open("a", encoding="utf-8") as file:
        file.write(row + "\n")
    return tariff.read(tmp_path)


def priced_by(tables: tariff.Tariff) -> tariff.Price:
    return tables.price(
        month=NOVEMBER,
        income_idr=1_000_000,
        programmes=Programmes.TWO,
        sector=Sector.OTHER,
        funding=Funding.SELF,
    )


def test_two_tables_for_one_month_stop_with_both_names(tmp_path: Path) -> None:
    tables = changed(tmp_path, "jkm.csv", "PP 99/2026,2026-11,,sourced,0,,7000")

    with pytest.raises(tariff.TariffAmbiguous, match=r"tabel iuran JKM: PP 44/2015 .*, PP 99/2026"):
        priced_by(tables)


def test_two_discounts_for_one_month_stop_with_both_names(tmp_path: Path) -> None:
    row = "PP 98/2026,2026-11,,other,self,JKM,10,yes,sourced,uji"
    tables = changed(tmp_path, "discounts.csv", row)

    with pytest.raises(
        tariff.TariffAmbiguous, match=r"keringanan iuran JKM: PP 50/2025 .*, PP 98/2026"
    ):
        priced_by(tables)


def test_a_doubtful_discount_is_switched_in_one_column(tmp_path: Path) -> None:
    shutil.copytree(TABLES, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "discounts.csv"
    text = file.read_text().replace(",self,JKK+JKM,50,yes", ",self,JKK+JKM,50,no")
    file.write_text(text)

    assert priced_by(tariff.read(tmp_path)).amount_idr == 16_800


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("jkk.csv", "PP 44/2015,2021-02,,sourced,0,1000000,10000"),
        ("jkk.csv", "PP 44/2015,2021-02,,sourced,90000000,,-1"),
        ("jkm.csv", "PP 44/2015,Februari,,sourced,0,,6800"),
        ("jkm.csv", "PP 99/2026,2099-01,,sourced,1000000,,6800"),
        ("discounts.csv", "PP 1/2030,2030-01,,other,self,JKK+JP,50,yes,sourced,JP bukan untuk BPU"),
        ("discounts.csv", "PP 1/2030,2030-01,,other,self,JKK,150,yes,sourced,lebih dari penuh"),
        ("discounts.csv", "PP 1/2030,2030-01,,other,self,JKK,50,mungkin,sourced,ya atau tidak"),
    ],
)
def test_a_row_that_makes_no_sense_is_named(tmp_path: Path, name: str, row: str) -> None:
    with pytest.raises(tariff.TariffUnreadable, match=name):
        changed(tmp_path, name, row)


def test_every_uncertain_discount_row_says_so() -> None:
    with (TABLES / "discounts.csv").open(encoding="utf-8", newline="") as lines:
        doubtful = {row["funding"] for row in csv.DictReader(lines) if row["certainty"] == "unsure"}

    assert doubtful == {"csr", "apbdes"}
