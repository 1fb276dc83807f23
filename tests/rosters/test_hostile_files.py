"""Files that are broken, disguised or malicious end in a sentence, never in a crash."""

from __future__ import annotations

import csv
import io
import struct
import subprocess
import sys
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from agentsys.db import db
from agentsys.errors import Invalid
from agentsys.rosters.columns import TITLES as TITLES_OF_ROSTERS
from agentsys.sheets.archive import check_archive
from agentsys.sheets.reader import LONG_LIST, Limits, read_sheets
from agentsys.sheets.refusals import FileRefused
from agentsys.workers.models import Roster, RosterNote, RosterStatus, Worker
from tests.rosters.conftest import TITLES, Import, person, sheet, workbook

_BOOK = b'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'


def _rebuilt(content: bytes, replaced: dict[str, bytes]) -> bytes:
    """The same archive with some parts replaced or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            if name not in replaced:
                new.writestr(name, old.read(name))
        for name, part in replaced.items():
            new.writestr(name, part)
    return out.getvalue()


def _archive(parts: dict[str, bytes]) -> bytes:
    return _rebuilt(_empty_zip(), parts)


def _empty_zip() -> bytes:
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    return out.getvalue()


def _with_a_wrong_size(content: bytes) -> bytes:
    """The archive with every declared unpacked size set to one byte."""
    lying = bytearray(content)
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = lying.find(mark)
        while at >= 0:
            struct.pack_into("<I", lying, at + offset, 1)
            at = lying.find(mark, at + 4)
    return bytes(lying)


BOMB = _archive({"xl/workbook.xml": _BOOK, "xl/worksheets/sheet1.xml": b"<x>" + b" " * 450_000_000})
SHEET_XML = "xl/worksheets/sheet1.xml"
FAR_CELL = (
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>NIK</t></is></c></row>'
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    b"</sheetData></worksheet>"
)
XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
ENCRYPTED = b"\xd0\xcf\x11\xe0" + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le")
GOOD = sheet(person())

NIK = "647401120380000"

HOSTILE = {
    "white space": (b" \r\n\t ", "kosong"),
    "a zip bomb": (BOMB, "terlalu besar"),
    "a zip bomb with a wrong size": (_with_a_wrong_size(BOMB), "terlalu besar"),
    "thousands of parts": (
        _archive({"xl/workbook.xml": _BOOK} | {f"x{number}": b"" for number in range(2000)}),
        "terlalu besar",
    ),
    "an external entity": (_rebuilt(GOOD, {"xl/sharedStrings.xml": XXE}), "rusak"),
    "an external entity in UTF-16": (
        _rebuilt(GOOD, {"xl/sharedStrings.xml": XXE.decode().encode("utf-16")}),
        "rusak",
    ),
    "a cell at the far end": (_rebuilt(GOOD, {SHEET_XML: FAR_CELL}), "terlalu besar"),
    "macros": (_rebuilt(GOOD, {"xl/vbaProject.bin": b"x"}), "makro"),
    "a cut file": (GOOD[: len(GOOD) // 2], "rusak"),
    "a broken sheet": (_rebuilt(GOOD, {SHEET_XML: b"<worksheet><sheetData><row"}), ""),
    "a Word document": (_archive({"word/document.xml": b"<x/>"}), "bukan Excel"),
    "not a zip": (b"PK\x03\x04" + b"\0" * 200, "rusak"),
    "an encrypted workbook": (ENCRYPTED, "kata sandi"),
    "an old workbook": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, ".xls"),
    "a web page saved as .xls": (b"<html><table><tr><td>NIK</td></tr></table>", "halaman web"),
    "a web page with a BOM": (b"\xef\xbb\xbf<!DOCTYPE html><html>", "halaman web"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8, "bukan tabel"),
    "a PDF": (b"%PDF-1.7\n" + b"\0\x01\x02" * 100, "bukan tabel"),
    "a text": (b"Yth. Bapak/Ibu,\nterlampir daftar pekerja.\n", "Kolom NIK dan NAMA"),
    "no NIK column": (workbook({"A": [["NO", "NAMA"], [1, "Andi"]]}), "Kolom NIK tidak"),
    "no name column": (workbook({"A": [["NO", "NIK"], [1, "6474"]]}), "Kolom NAMA tidak"),
    "only a header": (workbook({"A": [TITLES]}), "Tidak ada baris pekerja"),
    "a line of a million short cells": (b"NIK,NAMA\n" + b"ab," * 1_000_000, "terlalu banyak kolom"),
    "a workbook of 1,001 columns": (workbook({"A": [["x"] * 1_001]}), "terlalu banyak kolom"),
    "a cell of 10,001 letters": (sheet(person(name="x" * 10_001)), "terlalu panjang"),
    "endless wide rows": (b"NIK,NAMA\n" + (b"x" * 9_000 + b",\n") * 500, "terlalu banyak"),
    "more rows than a sheet can have": (b"NIK,NAMA\n" + b"\n" * 1_048_577, "terlalu banyak"),
    "an endless quote": (b'NIK,NAMA\n1,"' + b"x" * 100_000, "tanda kutip"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_file_is_refused_with_what_to_do(kind: str, bring_in: Import) -> None:
    content, said = HOSTILE[kind]

    roster = bring_in(content)

    assert roster.status is RosterStatus.FAILED
    assert said in roster.error
    assert roster.error.endswith(".")
    assert roster.finished_at is not None
    assert db.session.scalar(select(func.count()).select_from(Worker)) == 0


def test_an_empty_upload_is_refused_at_once(bring_in: Import) -> None:
    with pytest.raises(Invalid, match="kosong"):
        bring_in(b"")

    assert db.session.scalar(select(func.count()).select_from(Roster)) == 0


def test_the_content_decides_and_not_the_name(bring_in: Import) -> None:
    as_text = b"NIK;NAMA\n6474011203800001;Andi\n"

    roster = bring_in(as_text)  # the upload is called daftar.xlsx

    assert (roster.filename, roster.created) == ("daftar.xlsx", 1)


_MEASURED = """
import resource, sys
from pathlib import Path
from agentsys.sheets.reader import read_sheets
from agentsys.sheets.refusals import FileRefused

content = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    for found in read_sheets(content):
        list(found.rows)
    print("let through")
except FileRefused:
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(after - before + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.parametrize(
    "kind",
    [
        "a zip bomb",
        "a zip bomb with a wrong size",
        "thousands of parts",
        "a cell at the far end",
        "a workbook of 1,001 columns",
        "endless wide rows",
    ],
)
def test_a_bomb_costs_little_memory(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(HOSTILE[kind][0])

    told = subprocess.run(
        [sys.executable, "-c", _MEASURED, str(path)], capture_output=True, check=True, timeout=60
    )

    kib = int(told.stdout)
    assert kib < 100 * 1024


def _read(content: bytes, limits: Limits = LONG_LIST) -> list[tuple[str, int]]:
    """Each sheet's name and how many rows it has."""
    sheets = read_sheets(content, titles=TITLES_OF_ROSTERS, limits=limits)
    return [(found.name, len(list(found.rows))) for found in sheets]


def test_long_lines_full_of_titles_are_read_in_linear_time() -> None:
    line = b",".join([b"NIK " * 2_000] * 15) + b"\n"

    assert _read(line * 20, replace(LONG_LIST, seconds=5)) == [("CSV", 20)]


@pytest.mark.parametrize("limits", [{"memory": 32 * 1024 * 1024}, {"seconds": 0}])
def test_a_file_that_costs_more_than_it_may_is_refused(limits: dict[str, int]) -> None:
    content = (b"1," * 200 + b"\n") * 150_000

    with pytest.raises(FileRefused, match="terlalu besar"):
        _read(content, replace(LONG_LIST, **limits))


def test_rows_that_break_off_are_never_taken_for_all_of_them() -> None:
    content = b"NIK,NAMA\n" + b"6474011203800001,Andi\n" * 2_000 + b'"' + b"x" * 20_000
    sheets = read_sheets(content)
    rows = next(sheets).rows

    with pytest.raises(FileRefused, match="tanda kutip"):
        list(rows)


def test_a_repetitive_but_honest_workbook_is_let_through() -> None:
    check_archive(
        sheet(*(person(serial) for serial in range(1, 3000))), unpacked=LONG_LIST.unpacked
    )


def test_an_encrypted_part_is_refused() -> None:
    locked = bytearray(GOOD)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = locked.find(mark)
        while at >= 0:
            locked[at + offset] |= 1
            at = locked.find(mark, at + 4)

    with pytest.raises(FileRefused, match="kata sandi"):
        check_archive(bytes(locked), unpacked=LONG_LIST.unpacked)


def test_a_part_with_a_foreign_compression_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("xl/workbook.xml", _BOOK)

    with pytest.raises(FileRefused, match="rusak"):
        check_archive(out.getvalue(), unpacked=LONG_LIST.unpacked)


def test_a_part_whose_data_are_garbage_is_refused() -> None:
    packed = zlib.compress(_BOOK * 50, wbits=-15)
    content = _archive({"xl/workbook.xml": _BOOK * 50})
    assert packed[:20] in content

    with pytest.raises(FileRefused, match="rusak"):
        check_archive(content.replace(packed[:20], b"\xff" * 20), unpacked=LONG_LIST.unpacked)


@pytest.mark.parametrize(
    "text",
    [
        "=cmd|' /C calc'!A0",
        "+62",
        "@SUM(A1)",
        "-2+3",
        "'; DROP TABLE workers; --",
        "\\copy workers to '/tmp/x'",
        "\\.",
        "\\N",
        "<script>alert(1)</script>",
        "\x07",
    ],
)
def test_formulas_and_commands_in_cells_stay_text_or_are_refused(
    text: str, bring_in: Import
) -> None:
    out = io.StringIO()
    rows = [["NIK", "NAMA", "ALAMAT"], [NIK + "1", f"Andi {text}", text], [NIK + "2", text, "x"]]
    csv.writer(out, delimiter="\t").writerows(rows)

    roster = bring_in(out.getvalue().encode())

    assert roster.status is RosterStatus.DONE
    names = db.session.scalars(select(Worker.name).order_by(Worker.nik_masked)).all()
    assert names[0] == f"Andi {text}".replace("\x07", "").strip()
    assert not any(name.startswith(("=", "+", "-", "@")) for name in names)
    stored = db.session.scalars(select(Worker.address).order_by(Worker.nik_masked)).first()
    # An apostrophe in front only tells a spreadsheet that the cell is text.
    assert stored == text.replace("\x07", "").removeprefix("'")


@pytest.mark.parametrize(
    "nik", [6474011203800001, 6474011203800000, 6.47401120380001e15, 9174011203800001, -1, 1e300]
)
def test_a_nik_in_a_number_cell_is_never_believed(nik: float, bring_in: Import) -> None:
    roster = bring_in(sheet(person(nik=nik)))

    assert (roster.created, roster.rejected) == (0, 1)
    note = db.session.scalars(select(RosterNote)).one()
    assert (note.problem, note.column, note.row) == ("nik_is_number", "NIK", 2)
    assert "Teks" in note.advice
