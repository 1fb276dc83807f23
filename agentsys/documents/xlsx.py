"""Spreadsheets to hand out; all cells are text or numbers, never formulas."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlsxwriter

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name, a title row that says what it shows, a header and the rows.

    An empty name leaves it to the program that opens the file; names are at most 31 letters.
    """

    name: str
    title: str
    header: Sequence[str]
    rows: Iterable[Sequence[str | int]]


def workbook(*sheets: Sheet) -> bytes:
    """An .xlsx file with these sheets."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False}
    ) as book:
        for sheet in sheets:
            _write(book, sheet)
    return buffer.getvalue()


def _write(book: xlsxwriter.Workbook, wanted: Sheet) -> None:
    sheet = book.add_worksheet(wanted.name or None)
    bold = book.add_format({"bold": True})
    amount = book.add_format({"num_format": "#,##0"})
    # Format the cells as text, empty ones too: a NIK typed as a number would lose its last digit.
    as_text = book.add_format({"num_format": "@"})
    sheet.write_string(0, 0, wanted.title, bold)
    for column, name in enumerate(wanted.header):
        sheet.write_string(2, column, name, bold)
        sheet.set_column(column, column, max(12, len(name) + 4), as_text)
    for number, row in enumerate(wanted.rows, start=3):
        for column, value in enumerate(row):
            if isinstance(value, int):
                sheet.write_number(number, column, value, amount)
            else:
                sheet.write_string(number, column, value)
