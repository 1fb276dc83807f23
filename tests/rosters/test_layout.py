"""Finding the titles of a sheet and the fields of its columns."""

from __future__ import annotations

import pytest

from agentsys.rosters.headers import is_numbers
from agentsys.rosters.layout import find_layout, look
from agentsys.sheets.reader import Cell
from agentsys.sheets.refusals import FileRefused
from tests.rosters.conftest import Import, person, sheet, workbook
from tests.rosters.imported import only_worker
from tests.rosters.reading import read as _read


def test_a_header_is_found_under_titles_and_by_other_names() -> None:
    rows: list[list[Cell]] = [
        ["DAFTAR PEKERJA", "", ""],
        [],
        ["No.", "No. KTP", "Nama (sesuai KTP)", "Jenis Kelamin (L/P)"],
        [1.0, "6474011203800001", "Andi", "L"],
    ]

    header = find_layout(rows)

    assert header is not None
    assert header.row == 3
    assert header.positions == {"nik": 1, "name": 2, "sex": 3}


def test_a_header_of_two_lines_is_one() -> None:
    rows: list[list[Cell]] = [
        ["NO", "NIK", "NAMA LENGKAP", "TTL", ""],
        ["", "", "", "TEMPAT", "TANGGAL LAHIR"],
        [1.0, "6474011203800001", "Andi", "Bontang", "12-03-1980"],
    ]

    header = find_layout(rows)

    assert header is not None
    assert header.row == 2
    assert header.positions["birth_place"] == 3
    assert header.positions["birth_date"] == 4
    assert "ttl" not in header.positions
    assert header.titles["birth_date"] == "TTL > TANGGAL LAHIR"


@pytest.mark.parametrize(
    ("titles", "births"),
    [
        ([["NIK", "NAMA", "TTL", ""], ["", "", "KOTA", "TANGGAL"]], 3),
        ([["NIK", "NAMA", "TEMPAT LAHIR", "TGL"]], 3),
        ([["NIK", "NAMA", "TTL", "TANGGAL"]], None),
    ],
)
def test_a_bare_date_is_of_birth_only_under_or_beside_what_says_so(
    titles: list[list[Cell]], births: int | None
) -> None:
    header = find_layout([*titles, ["6474011203800001", "Andi", "x", "12-03-1980"]])

    assert header is not None
    assert header.positions.get("birth_date") == births


def test_a_sheet_without_nik_or_name_has_no_header() -> None:
    assert find_layout([["NO", "NAMA"], [1.0, "Andi"]]) is None
    assert find_layout([]) is None


def test_a_row_that_counts_the_columns_is_recognised() -> None:
    assert is_numbers(["1", "2", "3"])
    assert is_numbers(["(1)", "(2)", "(3)", "(4)"])
    assert is_numbers(["-1", "-2", "-3", "-4"])
    assert is_numbers(["KOLOM", "1", "2", "3"])
    assert not is_numbers(["1", "6474011203800001", "Andi"])


def test_a_bracket_in_a_title_is_left_out_even_if_it_has_two_lines() -> None:
    header = find_layout([["NIK\n(16 angka,\nlihat KTP)", "NAMA (sesuai KTP) *"]])

    assert header is not None
    assert header.positions == {"nik": 0, "name": 1}


def test_a_title_of_nothing_but_brackets_is_no_title_and_takes_no_time() -> None:
    assert find_layout([["(" * 1_000_000, "NIK", "NAMA"]]) is not None


def test_a_look_tells_the_columns_with_masked_samples_and_imports_nothing() -> None:
    content = workbook(
        {
            "Api Biru": [
                ["DAFTAR PEKERJA"],
                ["NO", "NIK", "NAMA", "WARNA"],
                [1, "6474011203800001", "Andi", "biru"],
                [2, "6474015203800002", "Siti", ""],
            ],
            "REKAP": [["KELURAHAN", "JUMLAH"], ["Api Biru", 2]],
        }
    )

    first, second = look(content)

    assert (first.name, first.header_row, first.rows) == ("Api Biru", 2, 2)
    assert [(one.title, one.field) for one in first.columns] == [
        ("NO", None),
        ("NIK", "nik"),
        ("NAMA", "name"),
        ("WARNA", None),
    ]
    assert first.columns[1].samples == ("6474••••••••0001", "6474••••••••0002")
    assert first.columns[3].samples == ("biru",)
    assert first.clash == ()
    assert [one.field for one in second.columns] == ["kelurahan", None]


def test_a_look_at_what_is_no_table_is_refused_with_words() -> None:
    with pytest.raises(FileRefused, match="bukan tabel"):
        look(b"%PDF-1.7\n" + bytes(100))


def test_a_mapping_replaces_what_the_titles_suggest() -> None:
    content = workbook(
        {"A": [["NIK", "NAMA", "NAMA", "ALAMAT"], ["6474011203800001", "Nelayan", "Andi", "Jl. A"]]}
    )
    [seen] = look(content)
    assert seen.clash == ("NAMA", "NAMA (2)")
    mapping = {"NIK": "nik", "NAMA (2)": "name"}

    batches = list(_read(content, mapping=mapping))

    [entry] = batches[0].entries
    assert "\tAndi\t" in entry.line
    assert "Jl. A" not in entry.line


def test_a_mapping_of_two_columns_to_one_field_is_refused() -> None:
    content = sheet(person())

    with pytest.raises(FileRefused, match="“NAMA LENGKAP” dan “TTL”"):
        list(_read(content, mapping={"NIK": "nik", "NAMA LENGKAP": "name", "TTL": "name"}))


def test_same_heading_twice_and_two_columns_for_one_field_are_refused_with_words(
    bring_in: Import,
) -> None:
    row = ["6474011203800001", "Andi", "Budi"]
    for titles in (["NIK", "NAMA", "NAMA"], ["NIK", "NAMA LENGKAP", "NAMA PEKERJA"]):
        roster = bring_in(workbook({"DAFTAR": [titles, row]}))

        assert roster.status == "failed"
        assert "Lembar DAFTAR" in roster.error
        assert all(f"“{title}" in roster.error for title in titles[1:])

    roster = bring_in(workbook({"DAFTAR": [["NIK", "NAMA", "NAMA"], [row[0], "Andi", "Andi"]]}))
    assert (roster.created, only_worker().name) == (1, "Andi")


def test_a_line_that_counts_the_columns_is_no_sample_and_no_value() -> None:
    titles = ["NO", "NIK", "NAMA LENGKAP", "NO HP", "NOMOR KPJ"]
    counted = ["1", "2", "3", "4", "5"]
    one = ["1", "6474011203800001", "Andi Baso", "081234567890", ""]

    [seen] = look(workbook({"A": [titles, counted, one]}))

    assert [column.samples for column in seen.columns][2:4] == [("Andi Baso",), ("081234567890",)]
    # Nothing in the column speaks against its title.
    assert {column.title: column.field for column in seen.columns}["NOMOR KPJ"] == "kpj"
