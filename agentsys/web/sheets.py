"""Spreadsheets and other files as downloads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Response

from agentsys.documents.xlsx import XLSX as XLSX  # noqa: PLC0414
from agentsys.documents.xlsx import Sheet as Sheet  # noqa: PLC0414
from agentsys.documents.xlsx import workbook as workbook  # noqa: PLC0414


def download_book(filename: str, *sheets: Sheet) -> Response:
    """A workbook of several sheets as a download."""
    return attachment(filename, workbook(*sheets))


def download(
    filename: str, title: str, header: Sequence[str], rows: Iterable[Sequence[str | int]]
) -> Response:
    """A workbook of one sheet as a download."""
    return attachment(filename, workbook(Sheet("", title, header, rows)))


def attachment(filename: str, content: bytes, mimetype: str = XLSX) -> Response:
    """Bytes as a download with this file name."""
    answer = Response(content, mimetype=mimetype)
    answer.headers.set("Content-Disposition", "attachment", filename=filename)
    return answer
