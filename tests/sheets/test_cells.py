"""Parsing of cells and headers."""

from __future__ import annotations

from datetime import date

import pytest

from agentsys.sheets.cells import (
    date_in,
    income_in,
    month_first,
    place_and_date,
    sex_in,
    text_in,
)
from agentsys.sheets.reader import Cell
from agentsys.workers.models import Sector
from agentsys.workers.sector import sector_of

BORN = date(1980, 3, 12)


@pytest.mark.parametrize(
    "cell",
    [
        "12-03-1980",
        "12/3/1980",
        "12.03.1980",
        "12 03 1980",
        "12-03-80",
        "1980-03-12",
        "1980-03-12 00:00:00",
        "12 Maret 1980",
        "12-Mar-1980",
        "12 MARET 80",
        "12031980",
        ["1980-03-12"],
    ],
)
def test_dates_are_read_in_the_formats_that_offices_use(cell: Cell) -> None:
    assert date_in(cell) == (BORN, False)


def test_a_serial_of_excel_is_a_date_and_says_so() -> None:
    assert date_in(29292.0) == (BORN, True)
    assert date_in("29292") == (BORN, True)


@pytest.mark.parametrize(
    "cell", ["31-02-1980", "00-03-1980", "12-13-1980", "12-03-0980", "kemarin", "", None]
)
def test_what_is_no_date_is_none(cell: Cell) -> None:
    assert date_in(cell) == (None, False)


@pytest.mark.parametrize("cell", ["1980", 1980.0, "2006"])
def test_a_year_alone_is_not_taken_for_a_serial(cell: Cell) -> None:
    assert date_in(cell) == (None, False)


def test_the_american_order_is_tried_on_request() -> None:
    assert month_first("03/25/1980") == date(1980, 3, 25)
    assert month_first("25/03/1980") is None


@pytest.mark.parametrize(
    ("cell", "place", "born"),
    [
        ("Bontang, 12-03-1980", "Bontang", "12-03-1980"),
        ("BONTANG 12 Maret 1980", "BONTANG", "12 Maret 1980"),
        ("Ujung Pandang/12-03-1980", "Ujung Pandang", "12-03-1980"),
        ("12-03-1980", "", "12-03-1980"),
        ("Bontang", "Bontang", ""),
        ("", "", ""),
    ],
)
def test_place_and_date_of_birth_part(cell: str, place: str, born: str) -> None:
    assert place_and_date(cell) == (place, born)


@pytest.mark.parametrize(
    ("cell", "income"),
    [
        ("1,5jt", 1_500_000),
        ("Rp 1.500.000 / bulan", 1_500_000),
        ("2 juta per bulan", 2_000_000),
        ("1.5 juta", 1_500_000),
        ("2 juta", 2_000_000),
        ("2,25 jt", 2_250_000),
        ("sejuta", 1_000_000),
        ("300rb", 300_000),
        ("Rp1.500.000,-", 1_500_000),
        ("Rp. 1.500.000,00", 1_500_000),
        ("1500000", 1_500_000),
        ("1,500,000", 1_500_000),
        ("1500000.00", 1_500_000),
        (1_500_000.0, 1_500_000),
        (0.0, 0),
        (1.5, None),
        ("2", None),
        ("1-2 juta", None),
        ("lumayan", None),
        (-5.0, None),
        (1e300, None),
        ("99999999999 juta", None),
        ("9" * 5_000 + " juta", None),
        (True, None),
    ],
)
def test_incomes_are_read_as_people_say_them(cell: Cell, income: int | None) -> None:
    assert income_in(cell)[0] == income


@pytest.mark.parametrize(
    ("word", "sex"),
    [
        ("L", "L"),
        ("laki - laki", "L"),
        ("Lk.", "L"),
        ("PRIA", "L"),
        ("p", "P"),
        ("Perempuan ", "P"),
        ("WANITA", "P"),
        ("X", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_sexes_are_read_from_words(word: str | None, sex: str) -> None:
    assert sex_in(word) == sex


def test_text_loses_what_nobody_sees_and_keeps_the_rest() -> None:
    assert text_in("  Andi \t\n Baso\u00a0Rahman ") == "Andi Baso Rahman"
    assert text_in("Si\u200bti\x00 \ufeffAminah") == "Siti Aminah"
    assert text_in("O'Hara D'Souza") == "O'Hara D'Souza"
    assert text_in("=1+1") == "=1+1"
    assert text_in(12345.0) == "12345"


def test_transport_is_told_from_the_job() -> None:
    assert sector_of("Ojek pangkalan") is Sector.TRANSPORT
    assert sector_of("SOPIR ANGKOT") is Sector.TRANSPORT
    assert sector_of("Pedagang pasar") is Sector.OTHER
    assert sector_of("Rojek") is Sector.OTHER
