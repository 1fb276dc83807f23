"""Birth dates as people write them, beside a NIK that has the date too."""

from __future__ import annotations

from datetime import date

import pytest

from agentsys.rosters.births import Reading, read_with
from tests.rosters.conftest import workbook
from tests.rosters.reading import Result, taken

NIK = "6474011203800001"
BORN = date(1980, 3, 12)


def written(title: str, *cells: object) -> Result:
    """What is read of people with this NIK's date in these cells."""
    rows = [[f"64740112038000{n:02}", "Andi Baso", cell] for n, cell in enumerate(cells, 1)]
    return taken(workbook({"DAFTAR": [["NIK", "NAMA", title], *rows]}))


PLAIN = [
    *("12 Maret 1980", "12-Mar-80", "12 MARET 1980", "12/03/1980", "1980/03/12", "12.03.1980"),
    *("12-3-80", "1980-03-12 00:00:00", "12031980", "12 - 03 - 1980", "'12-03-1980"),
]
MATCHED = [
    *("12 Maret'80", "Bontala, 12 Maret 1980", "12 Maret 1980 (46 th)", "12–03–1980"),
    *("12/3/1980 0:00", "Rabu, 12 Maret 1980", "1980-03-12T00:00:00.000Z", "12,03,1980"),
    *("12-III-1980", "Maret 12, 1980", "tgl 12 bulan 3 tahun 1980", "19800312", "120380"),
    *("12 Maret 1980 WITA", "Lahir: 12-03-1980", "12 Mrt. 1980 / 46 tahun"),
]
PARTS = [
    "1980",
    "Maret 1980",
    "th. 1980",
    "00-00-1980",
    "??-03-1980",
    "12 Maret",
    "lupa",
    "1980 (46)",
]
OTHERS = ["1975", "31-02-1980", "12-04-198", "32 Maret 1980", "6474011203800002", "tahun 1951"]


@pytest.mark.parametrize("text", PLAIN)
def test_a_usual_date_is_read_and_nothing_is_said(text: str) -> None:
    result = written("TGL LAHIR", text)

    assert [one.birth_date for one in result.people] == [BORN]
    assert result.notes == []


@pytest.mark.parametrize("text", MATCHED)
def test_a_text_with_the_day_of_the_nik_is_that_day_and_it_is_said(text: str) -> None:
    result = written("TGL LAHIR", text)

    assert [one.birth_date for one in result.people] == [BORN]
    assert result.notes == [(2, "birth_date_matched")]


@pytest.mark.parametrize("text", PARTS)
def test_a_part_of_the_date_is_completed_from_the_nik(text: str) -> None:
    result = written("TGL LAHIR", text)

    assert [one.birth_date for one in result.people] == [BORN]
    assert result.notes == [(2, "birth_date_completed")]


@pytest.mark.parametrize("text", OTHERS)
def test_a_text_that_contradicts_the_nik_is_refused(text: str) -> None:
    assert written("TGL LAHIR", text).refused == {2: "birth_date_unreadable"}


def test_a_whole_date_that_differs_is_kept_with_a_warning() -> None:
    result = written("TGL LAHIR", "13-03-1980")

    assert [one.birth_date for one in result.people] == [date(1980, 3, 13)]
    assert result.notes == [(2, "birth_date_differs")]


@pytest.mark.parametrize("cell", [27830.0, "27830", "11-03-1976"])
def test_a_date_of_the_other_date_system_is_the_nik_s(cell: object) -> None:
    result = written("TGL LAHIR", cell)

    assert [one.birth_date for one in result.people] == [BORN]
    assert result.notes == [(2, "birth_date_1904")]


@pytest.mark.parametrize("days", [1461, 1463])
def test_a_date_that_is_a_day_further_off_is_not(days: int) -> None:
    shifted = date.fromordinal(BORN.toordinal() - days)

    assert written("TGL LAHIR", f"{shifted:%d-%m-%Y}").notes == [(2, "birth_date_differs")]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Bontala, 12 Maret 1980", "Bontala"),
        ("Bontala 12-03-1980", "Bontala"),
        ("Bontala/12-03-1980", "Bontala"),
        ("12-03-1980", ""),
        ("12-03-1980, Bontala", "Bontala"),
        ("Bontala, 12 Maret 1980 (46 th)", "Bontala"),
        ("Kab. 50 Kota, 12-03-1980", "Kab. 50 Kota"),
        ("Bontala, Rabu, 12-03-1980", "Bontala"),
        ("Bontala", "Bontala"),
        ("-", ""),
    ],
)
def test_place_and_date_in_one_cell_come_apart(text: str, place: str) -> None:
    [one] = written("TTL", text).people

    assert (one.birth_place, one.birth_date) == (place, BORN)


def test_a_text_without_any_date_says_nothing_against_the_nik() -> None:
    assert read_with("", BORN)[0] is Reading.PART
    assert read_with("Bontala", BORN)[0] is Reading.PART
    assert read_with("x" * 10_000, BORN)[0] is Reading.PART
