"""Pasted and uploaded results are read in all usual forms, or refused with a message."""

from __future__ import annotations

import io
import zipfile

import pytest
import xlsxwriter

from agentsys.errors import Invalid
from agentsys.remittances.results import ResultRow, read_results

HEADER = "KODE IURAN\tSTATUS\tJUMLAH\tNO REF\n"

ROWS = [
    ResultRow(2, "90AB", True, "Paid", 33_600, "R1"),
    ResultRow(3, "90CD", False, "UNPAID", 1_500_000, ""),
]


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_results_are_read_in_the_shapes_that_people_send(delimiter: str, encoding: str) -> None:
    lines = [
        ["Kode Iuran", "Status", "Jumlah", "No. Ref"],
        [" 90 ab", "Paid", "Rp33.600", "R1"],
        ["90CD", "UNPAID", "1.500.000", ""],
        ["", "", "", ""],
    ]

    rows = read_results("\r\n".join(delimiter.join(line) for line in lines).encode(encoding))

    assert rows == ROWS


def test_results_are_read_from_a_workbook_with_a_title_above() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Hasil pembayaran November"])
        sheet.write_row(1, 0, ["NO", "STATUS", "KODE IURAN", "JUMLAH", "NO REF"])
        sheet.write_row(2, 0, [1, "Paid", "90AB", 33_600, "R1"])
        sheet.write_row(3, 0, [2, "UNPAID", "90CD", 1_500_000.0, ""])

    rows = read_results(file.getvalue())

    assert [(row.kode_iuran, row.paid, row.amount_idr) for row in rows] == [
        ("90AB", True, 33_600),
        ("90CD", False, 1_500_000),
    ]


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("33600.0", 33_600),
        ("33,600", 33_600),
        ("1,500,000.00", 1_500_000),
        ("33600,00", 33_600),
        ("Rp 33.600,-", 33_600),
        ("33,60", None),
        ("-5", None),
        ("", None),
        ("1e5", None),
    ],
)
def test_amounts_are_read_or_left_open_but_never_guessed(text: str, amount: int | None) -> None:
    (row,) = read_results(HEADER + f"90AB\tPAID\t{text}\t")

    assert row.amount_idr == amount


@pytest.mark.parametrize(
    "given",
    [
        "",
        HEADER,
        "tanpa judul\n1;2;3",
        b"PK\x03\x04rusak",
        b"\x00\x01",
        "x" * 2_000_001,
        HEADER + "A\tPAID\t1\t\n" * 5_001,
    ],
    ids=["empty", "header only", "no header", "broken zip", "bytes", "too long", "too many"],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(given: str | bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read_results(given)

    assert len(str(refused.value)) > 20


def _far_cell(content: bytes) -> bytes:
    """The workbook with one more cell, in the last row of the last column."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            new.writestr(name, old.read(name).replace(b"</sheetData>", far))
    return out.getvalue()


def test_a_cell_at_the_far_end_of_a_workbook_is_refused_and_costs_nothing() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet().write_row(0, 0, ["KODE IURAN", "STATUS", "JUMLAH", "NO REF"])

    with pytest.raises(Invalid, match="terlalu besar"):
        read_results(_far_cell(file.getvalue()))


def test_a_workbook_that_unpacks_to_more_than_results_need_is_refused() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet()
    bomb = io.BytesIO(file.getvalue())
    with zipfile.ZipFile(bomb, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", b" " * 41 * 1024 * 1024)

    with pytest.raises(Invalid, match="setelah dibuka"):
        read_results(bomb.getvalue())


@pytest.mark.parametrize("text", ["x," * 990_000, "KODE IURAN\tSTATUS\tJUMLAH\n" + "a" * 20_000])
def test_a_paste_that_is_no_table_is_refused_in_words_about_pasting(text: str) -> None:
    with pytest.raises(Invalid, match="Salin langsung"):
        read_results(text)
