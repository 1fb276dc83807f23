"""Reading a list of facts: a NIK and what is known of that person, one row for each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from agentsys.agreements.kinds import FactKind
from agentsys.crypto import Vault
from agentsys.errors import Invalid
from agentsys.sheets.reader import Cell, read_sheets
from agentsys.sheets.refusals import EMPTY, FileRefused
from agentsys.sheets.tables import word
from agentsys.workers.nik import NikRefused, parse

MOST_ROWS = 50_000
YES, NO = "yes", "no"
_HEADER_WITHIN = 20
_NIK = ("NIK", "NOKTP", "NOMORKTP", "NOMORINDUKKEPENDUDUKAN")
_TITLES: Mapping[FactKind, Sequence[str]] = {
    FactKind.DECILE: ("DESIL", "DESILNASIONAL", "DESILDTSEN", "DESILKESEJAHTERAAN"),
    FactKind.POOR: ("MISKIN", "STATUSMISKIN", "P3KE", "DTKS", "TERDAFTARDTKS", "TERDAFTARP3KE"),
    FactKind.OCCUPATION: ("KELASPEKERJAAN", "GOLONGANPEKERJAAN", "JENISPEKERJAAN"),
}
_DECILE = re.compile(r"(?:DESIL)?0*([1-9]|10)", re.ASCII)
_YES = frozenset({"YA", "Y", "YES", "1", "TRUE", "TERDAFTAR", "MISKIN"})
_NO = frozenset({"TIDAK", "T", "NO", "TDK", "0", "FALSE", "TIDAKTERDAFTAR", "TIDAKMISKIN"})


@dataclass(frozen=True, kw_only=True)
class Row:
    """What one row says about one person."""

    number: int
    nik_index: bytes
    facts: Mapping[FactKind, str]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A row that was refused, and why; nothing of it is kept."""

    number: int
    why: str


@dataclass(kw_only=True)
class Read:
    """The rows of a list, one for each person; one that contradicts an earlier one is refused."""

    rows: dict[bytes, Row] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read(content: bytes, *, vault: Vault) -> Read:
    """The rows of the first sheet; Invalid or FileRefused if it is no such list."""
    found = Read()
    with closing(read_sheets(content, titles=(r"\bNIK\b",), most_rows=MOST_ROWS + 50)) as sheets:
        sheet = next(sheets, None)
        if sheet is None:
            raise FileRefused(EMPTY)
        for number, cells, columns in _people(sheet.rows):
            if number > MOST_ROWS:
                raise Invalid(
                    "Paling banyak {most} baris dalam satu berkas. Bagi menjadi beberapa.",
                    most=MOST_ROWS,
                )
            try:
                _take(found, _row(number, cells, columns, vault))
            except Invalid as refused:
                found.problems.append(Problem(number=number, why=str(refused)))
    if not found.rows and not found.problems:
        raise Invalid("Tidak ada baris di bawah judulnya.")
    return found


def meaning(kind: FactKind, given: str) -> str:
    """A value as it is stored; Invalid if it is none of this kind."""
    text = word(given)
    if kind is FactKind.DECILE:
        if (decile := _DECILE.fullmatch(text)) is None:
            raise Invalid("Desil harus angka 1 sampai 10.")
        return decile[1]
    if kind is FactKind.POOR:
        if text in _YES or text in _NO:
            return YES if text in _YES else NO
        raise Invalid("Isi YA atau TIDAK pada kolom daftar miskin.")
    plain = " ".join(given.replace(",", " ").split()).lower()
    if not 0 < len(plain) <= 60:
        raise Invalid("Kelas pekerjaan paling panjang 60 huruf.")
    return plain


def _people(
    rows: Iterator[list[Cell]],
) -> Iterator[tuple[int, list[Cell], dict[FactKind | None, int]]]:
    """The rows below the titles that are not empty, and where each column is; None is the NIK."""
    columns: dict[FactKind | None, int] | None = None
    for number, cells in enumerate(rows, 1):
        if columns is not None:
            if any(_text(cell) for cell in cells):
                yield number, cells, columns
            continue
        columns = _columns(cells)
        if columns is None and number >= _HEADER_WITHIN:
            break
    if columns is None:
        raise Invalid(
            "Baris judul tidak ditemukan. Tulis NIK dan paling sedikit satu dari DESIL, MISKIN,"
            " KELAS PEKERJAAN."
        )


def _columns(cells: Sequence[Cell]) -> dict[FactKind | None, int] | None:
    titles = [word(_text(cell)) for cell in cells]
    found: dict[FactKind | None, int] = {
        kind: titles.index(title)
        for kind, known in _TITLES.items()
        for title in reversed(known)
        if title in titles
    }
    nik = next((titles.index(title) for title in _NIK if title in titles), None)
    if nik is None or not found:
        return None
    return {None: nik} | found


def _row(
    number: int, cells: Sequence[Cell], columns: Mapping[FactKind | None, int], vault: Vault
) -> Row:
    def cell(place: int) -> Cell:
        return cells[place] if place < len(cells) else None

    given = cell(columns[None])
    if isinstance(given, int | float):
        # A spreadsheet keeps 15 digits of a number, so the last one of a NIK is lost.
        raise Invalid("Format kolom NIK sebagai Teks, lalu ketik ulang.")
    try:
        nik = parse(_text(given))
    except NikRefused as refused:
        raise Invalid(str(refused)) from None
    facts = {
        kind: meaning(kind, text)
        for kind, place in columns.items()
        if kind is not None and (text := _text(cell(place)))
    }
    if not facts:
        raise Invalid("Tidak ada data pada baris ini.")
    return Row(number=number, nik_index=vault.index(nik.text), facts=facts)


def _take(found: Read, row: Row) -> None:
    if found.rows.setdefault(row.nik_index, row).facts != row.facts:
        raise Invalid("NIK ini sudah ada di atas dengan data lain.")


def _text(cell: Cell) -> str:
    if isinstance(cell, list):
        cell = cell[0] if cell else ""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).replace("\0", "").strip()[:200]
