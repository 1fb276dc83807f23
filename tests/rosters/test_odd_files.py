"""A hundred odd files: cut, spoiled, old, or written in unusual ways; none ends in a crash."""

from __future__ import annotations

import csv
import io
import random

import pytest

from agentsys.sheets.refusals import FileRefused
from tests.rosters.conftest import workbook
from tests.rosters.reading import taken
from tests.sheets.files import ods, xls

ROWS = [
    ["NO", "NIK", "NAMA", "ALAMAT"],
    *([n, f"64740112038000{n:02}", f"Andi Baso {n}", "Jl. Ä, No. 1; RT 2"] for n in range(1, 40)),
]
NAMES = [row[2] for row in ROWS[1:]]
FILES = {
    "xlsx": workbook({"DAFTAR": ROWS}),
    "xls": xls(ROWS),
    "ods": ods(ROWS),
}
MACRO = b"\x00".join(bytes([letter]) for letter in b"_VBA_PROJECT_CUR") + b"\x00"
FILEPASS = b"\x2f\x00\x36\x00" + b"\x01\x00\x01\x00\x01\x00" + bytes(48)


def _read_or_refused(content: bytes) -> str:
    """The words of the refusal; empty if people were taken, or refused one by one."""
    try:
        taken(content)
    except FileRefused as refused:
        return str(refused)
    return ""


def _people(content: bytes) -> int:
    """How many people were taken; none of a file that is refused."""
    try:
        return len(taken(content).people)
    except FileRefused:
        return 0


@pytest.mark.parametrize("kind", FILES)
def test_every_kind_of_file_says_the_same(kind: str) -> None:
    assert [one.name for one in taken(FILES[kind]).people] == NAMES


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])
@pytest.mark.parametrize("kind", FILES)
def test_a_cut_file_is_refused_with_a_sentence(kind: str, share: float) -> None:
    content = FILES[kind]

    said = _read_or_refused(content[: int(len(content) * share)])

    # An old file that lost only its empty end is still whole.
    assert said.endswith(".") or (kind == "xls" and share > 0.9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", FILES)
def test_spoiled_bytes_never_crash_and_never_invent_a_person(kind: str, seed: int) -> None:
    rng = random.Random(seed)
    content = bytearray(FILES[kind])
    for _ in range(1 + seed * 3):
        content[rng.randrange(len(content))] = rng.randrange(256)

    assert _people(bytes(content)) <= len(NAMES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_in_any_dress_says_the_same(encoding: str, delimiter: str, end: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end).writerows(ROWS)

    result = taken(out.getvalue().encode(encoding))

    assert [one.name for one in result.people] == NAMES
    assert {one.address for one in result.people} == {"Jl. Ä, No. 1; RT 2"}


BOMBS = {
    "rows without end": '<table:table-row table:number-rows-repeated="1048576">'
    '<table:table-cell table:number-columns-repeated="16384" office:value-type="string">'
    "<text:p>x</text:p></table:table-cell></table:table-row>",
    "a column without end": '<table:table-row table:number-rows-repeated="4000000000">'
    '<table:table-cell office:value-type="string"><text:p>x</text:p></table:table-cell>'
    "</table:table-row>",
    "a number that is none": '<table:table-row table:number-rows-repeated="x"/>',
    "tags without an end": "<table:table-row>" * 1_000,
    "a deep nest": "<table:table-row-group>" * 50_000,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_in_an_ods_is_refused_or_harmless(kind: str) -> None:
    said = _read_or_refused(ods(ROWS, body=BOMBS[kind]))

    assert said == "" or said.endswith(".")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (xls(ROWS, extra=FILEPASS), "kata sandi"),
        (FILES["xls"] + MACRO, "makro"),
        (ods(ROWS, Basic_Standard=b"x"), "makro"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "rusak"),
        (FILES["xls"].replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le")), ""),
        (ods(ROWS).replace(b"opendocument.spreadsheet", b"opendocument.presentatio"), "Excel"),
        (ods([]), "Kolom NIK"),
        (xls([["x"]]), "Kolom NIK"),
        (xls([["NIK", "NAMA"]]), "Tidak ada baris"),
        (ods([["NIK"] * 1_001]), "kolom"),
        (b"<?xml version='1.0'?><Workbook/>", "halaman web"),
        (b"{\\rtf1 NIK NAMA}", "Kolom NIK"),
        (b"\x1f\x8b\x08" + bytes(100), "bukan tabel"),
        (b"Rar!\x1a\x07\x00" + bytes(100), "bukan tabel"),
        (b"NIK;NAMA\n" + b"\n" * 20, "Tidak ada baris"),
        (b"sep=;\nNIK;NAMA\n", "Tidak ada baris"),
    ],
    ids=range(16),
)
def test_what_is_no_list_is_refused_and_the_words_say_why(content: bytes, said: str) -> None:
    told = _read_or_refused(content)

    assert told.endswith(".")
    assert said in told


def test_a_nik_that_an_old_file_keeps_as_a_number_is_not_believed() -> None:
    result = taken(xls([["NIK", "NAMA"], [6474011203800001.0, "Andi"]]))

    assert result.refused == {2: "nik_is_number"}


def test_the_hidden_rows_of_an_ods_are_left_out() -> None:
    result = taken(ods(ROWS, hidden=[2, 3]))

    assert [one.name for one in result.people] == [NAMES[0], *NAMES[3:]]
    assert result.hidden == 2
