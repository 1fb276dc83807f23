"""Reading what BPJS says about batches: pasted text, or a file, in the shapes that people send."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from python_calamine import CalamineError, CalamineWorkbook

from agentsys.errors import Invalid
from agentsys.money import rupiah

MOST_ROWS = 5_000
MOST_BYTES = 2_000_000
_MOST_UNPACKED = 40_000_000
_HEADER_WITHIN = 20

# Words that head the columns, as they were seen; compared without spaces, dots and case.
_COLUMNS = {
    "code": ("KODEIURAN", "KODEBILLING", "KODEBAYAR", "KODE"),
    "status": ("STATUS", "STATUSBAYAR", "STATUSPEMBAYARAN"),
    "amount": ("JUMLAH", "NOMINAL", "JUMLAHIURAN", "TOTAL"),
    "ref": ("NOREF", "NOREFERENSI", "REF", "NTPN", "NOBUKTI"),
}
_PAID = {"PAID", "LUNAS", "SUDAHBAYAR", "SUDAHDIBAYAR"}


@dataclass(frozen=True)
class ResultRow:
    """One line of what BPJS says; `amount_idr` is None where the line has no readable amount."""

    number: int
    kode_iuran: str
    paid: bool
    status: str
    amount_idr: int | None
    ref: str


def read_results(given: str | bytes) -> list[ResultRow]:
    """The lines of a pasted table, CSV or workbook; Invalid says what could not be understood."""
    if len(given) > MOST_BYTES:
        raise Invalid("Berkas terlalu besar untuk hasil setoran (paling banyak 2 MB).")
    if isinstance(given, bytes):
        table = _workbook(given) if given[:2] == b"PK" else _table(_decoded(given))
    else:
        table = _table(given)
    header, columns = _header(table)
    rows = [
        row
        for number, cells in enumerate(table[header + 1 :], header + 2)
        if (row := _row(number, cells, columns)) is not None
    ]
    if not rows:
        raise Invalid("Tidak ada baris hasil di bawah judul kolom. Salin juga baris-barisnya.")
    if len(rows) > MOST_ROWS:
        raise Invalid(
            "Paling banyak {most} baris sekali tempel. Bagi menjadi beberapa kali.", most=MOST_ROWS
        )
    return rows


def _row(number: int, cells: Sequence[str], columns: dict[str, int]) -> ResultRow | None:
    found = {
        name: cells[place].strip() if place < len(cells) else "" for name, place in columns.items()
    }
    code = "".join(found["code"].split()).replace("\0", "").upper()
    if not code:
        return None
    try:
        amount = rupiah(_whole(found["amount"]))
    except ValueError:
        amount = None
    status = found["status"].replace("\0", "")
    return ResultRow(
        number=number,
        kode_iuran=code[:40],
        paid=_word(status) in _PAID,
        status=status[:40],
        amount_idr=amount,
        ref=found.get("ref", "").replace("\0", "")[:40],
    )


def _whole(text: str) -> str:
    # Spreadsheets show whole numbers as 33600.0, and English ones group them as 33,600.
    plain = text.removesuffix(".0").removesuffix(".00")
    groups = plain.removeprefix("Rp").strip().split(",")
    english = len(groups) > 1 and all(len(group) == 3 and group.isdigit() for group in groups[1:])
    return "".join(groups) if english and groups[0].isdigit() else plain


def _header(table: Sequence[Sequence[str]]) -> tuple[int, dict[str, int]]:
    for number, cells in enumerate(table[:_HEADER_WITHIN]):
        words = [_word(cell) for cell in cells]
        columns = {
            name: words.index(alias)
            for name, aliases in _COLUMNS.items()
            for alias in reversed(aliases)
            if alias in words
        }
        if {"code", "status", "amount"} <= columns.keys():
            return number, columns
    raise Invalid(
        "Baris judul tidak ditemukan. Salin bersama judul kolomnya:"
        " KODE IURAN, STATUS, JUMLAH, NO REF."
    )


def _word(cell: str) -> str:
    return "".join(letter for letter in cell.upper() if letter.isalnum())


def _table(pasted: str) -> list[list[str]]:
    lines = pasted.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    first = next((line for line in lines.split("\n") if "KODE" in line.upper()), "")
    delimiter = max("\t;|,", key=first.count)
    try:
        return [row for row in csv.reader(io.StringIO(lines), delimiter=delimiter)]
    except csv.Error as error:
        raise Invalid("Tabel tidak terbaca. Salin langsung dari EPS atau lembar kerja.") from error


def _decoded(content: bytes) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _workbook(content: bytes) -> list[list[str]]:
    broken = "Berkas Excel tidak terbaca. Simpan ulang sebagai .xlsx, atau tempel tabelnya."
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(part.file_size for part in package.infolist()) > _MOST_UNPACKED:
                raise Invalid("Berkas Excel terlalu besar setelah dibuka. Tempel tabelnya saja.")
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        return [
            _cells(row) for row, _ in zip(sheet.iter_rows(), range(MOST_ROWS + 50), strict=False)
        ]
    except (CalamineError, zipfile.BadZipFile, OSError, IndexError) as error:
        raise Invalid(broken) from error


def _cells(row: Iterable[object]) -> list[str]:
    return [
        str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
        for cell in row
    ]
