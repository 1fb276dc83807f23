"""Which lines, cells and columns of a list are read, and which are not."""

from __future__ import annotations

from datetime import date

import pytest

from tests.rosters.conftest import Rows, workbook
from tests.rosters.reading import Result, taken

ANDI, SITI, BUDI, RINA = (
    "6474011203800001",  # 12 March 1980, a man
    "6474015708750002",  # 17 August 1975, a woman
    "6474012802900003",
    "6474014112680004",
)
NAMES = {ANDI: "Andi Baso", SITI: "Siti Aminah", BUDI: "Budi Rahman", RINA: "Rina Daeng"}
CARDS = ("6474011203150001", "6474011203150002")


def rows_of(rows: Rows, **options: object) -> Result:
    """What is read of one sheet with these rows."""
    return taken(workbook({"DAFTAR": rows}), **options)


def test_lines_that_are_nobody_are_counted_and_nobody_is_refused() -> None:
    rows = [
        ["DAFTAR PEKERJA RENTAN KELURAHAN API BIRU"],
        ["NIK", "NAMA", "NO", "ALAMAT"],
        [ANDI, "Andi Baso", 1, "RT 1"],
        ["", "RT 02", "", ""],
        [SITI, "Siti Aminah", 2, "RT 2"],
        ["NIK", "NAMA", "NO", "ALAMAT"],
        ["3174xxxxxxxxxxxx", "Contoh Nama", 0, "Jl. Contoh"],
        [BUDI, "Budi Rahman", 3, "RT 2"],
        ["JUMLAH", "3 orang", "", ""],
        ["", "", "", ""],
        ["Mengetahui,", "Bontala, 12 November 2026", "", ""],
        ["Lurah", "Ketua RT", "", ""],
        ["DARSO", "MARNO", "", ""],
        ["NIP. 197001011990031001", "", "", ""],
        ["###", "", "", ""],
        ["Catatan: wajib diisi", "", "", ""],
    ]

    result = rows_of(rows)

    assert [one.name for one in result.people] == ["Andi Baso", "Siti Aminah", "Budi Rahman"]
    assert (result.rows, result.nobody, result.refused) == (3, 10, {})


@pytest.mark.parametrize(
    "row",
    [
        [9, "", "Tanpa Nik", "L", "Nelayan"],
        [9, "hilang", "Tanpa Nik", "L", "Nelayan"],
        ["", "", "Tanpa Nik", "L", "Petugas kebersihan"],
        [9, "6474", "Jumlahwati", "P", "Petani"],
    ],
)
def test_a_person_without_a_nik_is_refused_and_never_left_out_as_nobody(row: list[object]) -> None:
    titles = ["NO", "NIK", "NAMA", "JK", "PEKERJAAN"]

    result = rows_of([titles, [1, ANDI, "Andi", "L", "Nelayan"], row, [2, BUDI, "Budi", "L", ""]])

    assert (result.rows, result.nobody, list(result.refused)) == (3, 0, [3])


def test_blank_cells_stay_blank() -> None:
    rows = [
        ["NIK", "NAMA", "NO KK", "KELURAHAN", "PEKERJAAN"],
        [ANDI, "Andi Baso", CARDS[0], "Api Biru", "Nelayan"],
        [SITI, "Siti Aminah", "", "", ""],
    ]

    _, siti = rows_of(rows).people
    assert (siti.family, siti.kelurahan, siti.job) == (None, "", "")

    merged = workbook({"DAFTAR": rows}, merged=[(1, 2, 2, CARDS[0]), (1, 2, 3, "Api Biru")])
    _, siti = taken(merged).people
    assert (siti.family, siti.kelurahan, siti.job) == (0, "Api Biru", "")


def test_hidden_rows_and_columns_are_left_out_unless_the_sender_says_so() -> None:
    rows = [
        ["NIK", "NAMA", "ALAMAT", "KELURAHAN"],
        [ANDI, "Andi Baso", "RT 1", "Api Biru"],
        [SITI, "Siti Aminah", "RT 2", "Api Biru"],
        [BUDI, "Budi Rahman", "RT 3", "Api Biru"],
        [],
    ]
    content = workbook({"DAFTAR": rows}, hidden_rows=[2, 4], hidden_columns=[2])

    left, whole = taken(content), taken(content, take_hidden=True)

    assert [one.name for one in left.people] == ["Andi Baso", "Budi Rahman"]
    assert [one.address for one in left.people] == ["", ""]
    assert left.hidden == 1
    assert {problem for _, problem in left.notes} == {"rows_hidden", "columns_hidden"}
    assert [one.address for one in whole.people] == ["RT 1", "RT 2", "RT 3"]
    assert (whole.hidden, whole.notes) == (0, [])


def test_ages_outside_the_limits_are_refused_by_the_dated_rules() -> None:
    rows = [
        ["NIK", "NAMA"],
        [ANDI, "Andi"],
        ["6474010202190044", "Balita"],
        ["6474010404380046", "Kakek"],
    ]

    result = rows_of(rows)

    assert result.refused == {3: "too_young", 4: "too_old"}


def test_the_title_of_the_nik_may_be_missing_if_its_values_are_sure() -> None:
    rows = [
        ["NO", "NAMA", "NOMOR ANGGOTA"],
        *([n, name, nik] for n, (nik, name) in enumerate(NAMES.items())),
    ]

    assert [one.name for one in rows_of(rows).people] == list(NAMES.values())


def test_a_title_over_two_columns_without_titles_of_their_own_is_place_and_date() -> None:
    rows = [
        ["NO", "NIK", "NAMA", "TEMPAT/TGL LAHIR", "", "ALAMAT"],
        [1, ANDI, "Andi Baso", "Bontala", "12-03-1980", "RT 1"],
        [2, SITI, "Siti Aminah", "", "17-08-1975", "RT 2"],
    ]

    andi, siti = rows_of(rows).people

    assert (andi.birth_place, andi.birth_date) == ("Bontala", date(1980, 3, 12))
    assert (siti.birth_place, siti.address) == ("", "RT 2")
    assert rows_of(rows).notes == []


def test_titles_of_three_lines_are_read_together() -> None:
    rows = [
        ["NO", "DATA PEKERJA", "", "", "AHLI WARIS", ""],
        ["", "IDENTITAS", "", "ALAMAT", "IDENTITAS", ""],
        ["", "NIK", "NAMA", "", "NIK", "NAMA"],
        [1, ANDI, "Andi Baso", "RT 1", SITI, "Siti Aminah"],
    ]

    [one] = rows_of(rows).people

    assert (one.name, one.address) == ("Andi Baso", "RT 1")
    assert one.heir is not None
    assert one.heir.name == "Siti Aminah"


@pytest.mark.parametrize("name", ["Andi (Alm)", "ALM. ANDI", "Almh Siti", "Andi (almarhum)"])
def test_a_name_that_says_that_its_person_has_died_is_refused(name: str) -> None:
    assert rows_of([["NIK", "NAMA"], [ANDI, name]]).refused == {2: "status_dead"}


@pytest.mark.parametrize("name", ["Almira", "Salma", "Andi bin Alm. Baso", "Palmer"])
def test_a_name_that_only_looks_so_is_taken(name: str) -> None:
    assert [one.name for one in rows_of([["NIK", "NAMA"], [ANDI, name]]).people] == [name]


@pytest.mark.parametrize("mark", ["A.", "B", "IV."])
def test_a_heading_with_a_letter_between_the_rows_is_nobody(mark: str) -> None:
    rows = [
        ["NO", "NAMA", "NIK", "ALAMAT"],
        [mark, "Kelompok Mawar", "", ""],
        [1, "Andi Baso", ANDI, "RT 1"],
    ]

    result = rows_of(rows)

    assert (len(result.people), result.nobody, result.refused) == (1, 1, {})
