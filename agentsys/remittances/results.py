"""Parsing BPJS' results about batches, from pasted text, CSV or a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from agentsys.errors import Invalid
from agentsys.money import rupiah
from agentsys.sheets.reader import SHORT_LIST, Cell, read_sheets
from agentsys.sheets.refusals import FileRefused

MOST_ROWS = 5_000
MOST_BYTES = 2_000_000
_HEADER_WITHIN = 20
_MOST_COLUMNS = 100
_LONGEST_WORD = 200
_TITLE = "KODE"

# Known column headings; compared without spaces, dots and case.
_COLUMNS = {
    "code": ("KODEIURAN", "KODEBILLING", "KODEBAYAR", "KODE"),
    "status": ("STATUS", "STATUSBAYAR", "STATUSPEMBAYARAN"),
    "amount": ("JUMLAH", "NOMINAL", "JUMLAHIURAN", "TOTAL"),
    "ref": ("NOREF", "NOREFERENSI", "REF", "NTPN", "NOBUKTI"),
}
_PAID = {"PAID", "LUNAS", "SUDAHBAYAR", "SUDAHDIBAYAR"}


@dataclass(frozen=True)
class ResultRow:
    """One line of BPJS' results; `amount_idr` is None if the line has no readable amount."""

    number: int
    kode_iuran: str
    paid: bool
    status: str
    amount_idr: int | None
    ref: str


def read_results(given: str | bytes) -> list[ResultRow]:
    """Parse a pasted table, CSV or workbook; Invalid says what could not be parsed."""
    if len(given) > MOST_BYTES:
        raise Invalid("Berkas terlalu besar untuk hasil setoran (paling banyak 2 MB).")
    table = _table(given) if isinstance(given, bytes) else _pasted(given)
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
        amount = rupiah(found["amount"])
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
    if len(cell) > _LONGEST_WORD:
        return ""
    return "".join(letter for letter in cell.upper() if letter.isalnum())


def _pasted(text: str) -> list[list[str]]:
    try:
        return _table(text.encode(errors="replace")) if text.strip() else []
    except FileRefused as error:
        # Messages about files would confuse a person who pasted text.
        raise Invalid("Tabel tidak terbaca. Salin langsung dari EPS atau lembar kerja.") from error


def _table(content: bytes) -> list[list[str]]:
    """The text of the first sheet's cells; reads somewhat more than `MOST_ROWS`, refused later."""
    with closing(read_sheets(content, titles=(_TITLE,), limits=SHORT_LIST)) as sheets:
        first = next(sheets, None)
        rows = islice(first.rows, MOST_ROWS + 50) if first else ()
        return [[_text(cell) for cell in row[:_MOST_COLUMNS]] for row in rows]


def _text(cell: Cell) -> str:
    if isinstance(cell, list):
        return cell[0]
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
