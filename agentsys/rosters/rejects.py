"""The rejected rows of a roster as they were sent, with problems and advice."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice

import xlsxwriter
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.rosters.columns import TITLES, named
from agentsys.rosters.layout import SAMPLE_ROWS, likely_layout
from agentsys.rosters.problems import PROBLEMS
from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell, Sheet, read_sheets
from agentsys.workers.models import RosterNote

_ADDED = ("Masalah", "Yang harus dilakukan")
_LONGEST = 32_000  # a cell of Excel holds 32.767 characters
_EXACT = 10**15  # a spreadsheet's number has 15 correct digits; further ones are wrong
_SHEET_NAME = 31
_NICE = 5  # it has a lower priority than payments

Reasons = dict[int, list[tuple[str, str]]]  # by row: problem and advice


def refused_rows(content: bytes, reasons: dict[str, Reasons]) -> bytes:
    """An .xlsx of the rows that have reasons; every cell is text, none is a formula."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True}) as book:
        for name, sheet in named(read_sheets(content, titles=TITLES)):
            if name in reasons:
                _write_sheet(book, sheet, reasons.pop(name))
        if not book.worksheets():
            book.add_worksheet("Kosong")
    return out.getvalue()


def refused_rows_apart(content: bytes, reasons: dict[str, Reasons]) -> bytes:
    """As `refused_rows`, in a child process, so that it does not block other jobs."""
    ran = subprocess.run(
        [sys.executable, "-P", "-m", __name__],
        input=pickle.dumps((content, reasons)),
        stdout=subprocess.PIPE,
        check=True,
    )
    return ran.stdout


def main() -> None:
    """Read a list and the reasons from stdin; write the workbook to stdout."""
    os.nice(_NICE)
    content, reasons = pickle.load(sys.stdin.buffer)  # noqa: S301  # from our own process
    sys.stdout.buffer.write(refused_rows(content, reasons))


def reasons_of(session: Session, roster_id: int) -> dict[str, Reasons]:
    """The reasons of refused rows, by sheet."""
    rows = session.execute(
        select(RosterNote.sheet, RosterNote.row, RosterNote.problem, RosterNote.advice)
        .where(RosterNote.roster_id == roster_id, RosterNote.rejected)
        .order_by(RosterNote.number)
    )
    reasons: dict[str, Reasons] = {}
    for sheet, row, problem, advice in rows:
        label = PROBLEMS[problem].label if problem in PROBLEMS else problem
        reasons.setdefault(sheet, {}).setdefault(row, []).append((label, advice))
    return reasons


def _write_sheet(book: xlsxwriter.Workbook, sheet: Sheet, reasons: Reasons) -> None:
    first = list(islice(sheet.rows, SAMPLE_ROWS))
    layout = likely_layout(first, sheet)
    if layout is None:
        return
    width = max(at for at, _, _ in layout.columns) + 1
    titles = [""] * width
    for at, title, _ in layout.columns:
        titles[at] = title
    # Names may have characters that Excel forbids; numbered sheets always work.
    page = book.add_worksheet(f"Ditolak {len(book.worksheets()) + 1}"[:_SHEET_NAME])
    heading = book.add_format({"bold": True, "text_wrap": True})
    as_text = book.add_format({"num_format": "@"})
    for at, title in enumerate([*titles, *_ADDED]):
        page.write_string(0, at, title, heading)
    line = 1
    for number, cells in _after(first, layout.row, sheet):
        if number not in reasons:
            continue
        for at, cell in enumerate(cells[: len(titles)]):
            page.write_string(line, at, _shown(cell), as_text)
        problems, advices = zip(*reasons[number], strict=True)
        page.write_string(line, len(titles), "; ".join(problems))
        page.write_string(line, len(titles) + 1, " ".join(dict.fromkeys(advices)))
        line += 1


def _after(
    first: list[list[Cell]], header_row: int, sheet: Sheet
) -> Iterator[tuple[int, list[Cell]]]:
    yield from enumerate(first[header_row:], start=header_row + 1)
    yield from enumerate(sheet.rows, start=len(first) + 1)


def _shown(cell: Cell) -> str:
    if isinstance(cell, int | float) and abs(cell) >= _EXACT:
        # If the file is sent again unchanged, this must still be refused as a number.
        return str(float(cell))
    return text_in(cell)[:_LONGEST]


if __name__ == "__main__":
    main()
