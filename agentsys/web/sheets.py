"""Spreadsheets to download: text stays text, so that no cell becomes a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

import xlsxwriter
from flask import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(title: str, header: Sequence[str], rows: Iterable[Sequence[str | int]]) -> bytes:
    """An .xlsx file with a title row, which says what was filtered, a header and the rows."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"constant_memory": True, "strings_to_formulas": False}
    ) as book:
        sheet = book.add_worksheet()
        bold = book.add_format({"bold": True})
        amount = book.add_format({"num_format": "#,##0"})
        # Who goes on typing here types text as well: a NIK as a number would lose its last digit.
        as_text = book.add_format({"num_format": "@"})
        sheet.write_string(0, 0, title, bold)
        for column, name in enumerate(header):
            sheet.write_string(2, column, name, bold)
            sheet.set_column(column, column, max(12, len(name) + 4), as_text)
        for number, row in enumerate(rows, start=3):
            for column, value in enumerate(row):
                if isinstance(value, int):
                    sheet.write_number(number, column, value, amount)
                else:
                    sheet.write_string(number, column, value)
    return buffer.getvalue()


def download(
    filename: str, title: str, header: Sequence[str], rows: Iterable[Sequence[str | int]]
) -> Response:
    """The workbook as an answer that browsers save."""
    return attachment(filename, workbook(title, header, rows))


def attachment(filename: str, content: bytes, mimetype: str = XLSX) -> Response:
    """Bytes as an answer that browsers save under a name of ours."""
    answer = Response(content, mimetype=mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer
