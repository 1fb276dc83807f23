"""Short tables that people paste or upload: found by their column titles, read as text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice

from agentsys.errors import Invalid
from agentsys.sheets.reader import SHORT_LIST, Cell, read_sheets
from agentsys.sheets.refusals import FileRefused

MOST_ROWS = 5_000
MOST_BYTES = 2_000_000
_HEADER_WITHIN = 20
_MOST_COLUMNS = 100
_LONGEST_WORD = 200


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What a table looks like: the titles of its columns, and which of them it must have."""

    titles: Mapping[str, Sequence[str]]  # by field, in capitals, without spaces and signs
    needed: Sequence[Collection[str]]  # one field of each group must be there
    told: str  # the titles as people write them, for a message
    mark: str  # a word of the header line, which shows the delimiter of CSV


@dataclass(frozen=True)
class TableRow:
    """One line with its number in the table; fields without a column are missing."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        """The text of a field; empty if there is none."""
        return self.cells.get(name, "")


def read_table(given: str | bytes, shape: Shape) -> list[TableRow]:
    """Parse a pasted table, CSV or workbook; Invalid says what could not be parsed."""
    table = _table(given, shape) if isinstance(given, bytes) else _pasted(given, shape)
    header, columns = _header(table, shape)
    rows = [
        TableRow(number, _cells(cells, columns))
        for number, cells in enumerate(table[header + 1 :], header + 2)
    ]
    if len(rows) > MOST_ROWS:
        raise Invalid(
            "Paling banyak {most} baris sekali tempel. Bagi menjadi beberapa kali.", most=MOST_ROWS
        )
    return rows


def word(cell: str) -> str:
    """A cell in capitals, without spaces and signs; empty for one that is too long for a word."""
    if len(cell) > _LONGEST_WORD:
        return ""
    return "".join(letter for letter in cell.upper() if letter.isalnum())


def _cells(cells: Sequence[str], columns: Mapping[str, int]) -> dict[str, str]:
    return {
        name: cells[place].strip().replace("\0", "") if place < len(cells) else ""
        for name, place in columns.items()
    }


def _header(table: Sequence[Sequence[str]], shape: Shape) -> tuple[int, dict[str, int]]:
    for number, cells in enumerate(table[:_HEADER_WITHIN]):
        words = [word(cell) for cell in cells]
        columns = {
            name: words.index(alias)
            for name, aliases in shape.titles.items()
            for alias in reversed(aliases)
            if alias in words
        }
        if all(any(name in columns for name in group) for group in shape.needed):
            return number, columns
    raise Invalid(
        "Baris judul tidak ditemukan. Salin bersama judul kolomnya: {titles}.", titles=shape.told
    )


def _pasted(text: str, shape: Shape) -> list[list[str]]:
    try:
        return _table(text.encode(errors="replace"), shape) if text.strip() else []
    except FileRefused as error:
        # Messages about files would confuse a person who pasted text.
        raise Invalid("Tabel tidak terbaca. Salin langsung dari EPS atau lembar kerja.") from error


def _table(content: bytes, shape: Shape) -> list[list[str]]:
    """The text of the first sheet's cells; reads somewhat more than `MOST_ROWS`, refused later."""
    with closing(read_sheets(content, titles=(shape.mark,), limits=SHORT_LIST)) as sheets:
        first = next(sheets, None)
        rows = islice(first.rows, MOST_ROWS + 50) if first else ()
        return [[_text(cell) for cell in row[:_MOST_COLUMNS]] for row in rows]


def _text(cell: Cell) -> str:
    if isinstance(cell, list):
        return cell[0]
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
