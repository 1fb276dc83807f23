"""Cells that are made before a row is read: of several columns, of codes, or of merged cells."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agentsys.rosters import titles
from agentsys.rosters.jobs import jobs
from agentsys.rosters.layout import Layout
from agentsys.rosters.nothing import NOTHING
from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell

Make = Callable[[Sequence[Cell]], Cell]


def made(layout: Layout) -> dict[str, Make]:
    """By field, what makes its cell of the cells of a row; empty for most lists."""
    at = layout.positions
    makes: dict[str, Make] = {}
    if set(titles.BIRTH_PARTS) <= at.keys():
        parts = [at[name] for name in titles.BIRTH_PARTS]
        makes["birth_date"] = lambda cells: _date_of(cells, parts)
    if set(titles.SEX_MARKS) <= at.keys():
        left, right = (at[name] for name in titles.SEX_MARKS)
        makes["sex"] = lambda cells: _sex_of(cells, left, right)
    if layout.job_codes:
        place = at["job"]
        makes["job"] = lambda cells: _job_of(cells, place)
    return makes


def _date_of(cells: Sequence[Cell], parts: Sequence[int]) -> str:
    texts = [_text(cells, at) for at in parts]
    return "-".join(texts) if all(texts) else " ".join(filter(None, texts))


def _sex_of(cells: Sequence[Cell], left: int, right: int) -> str:
    marks = bool(_text(cells, left)), bool(_text(cells, right))
    return {(True, False): "L", (False, True): "P"}.get(marks, "")


def _job_of(cells: Sequence[Cell], at: int) -> str:
    text = _text(cells, at)
    return jobs().get(text, text)


def _text(cells: Sequence[Cell], at: int) -> str:
    text = text_in(cells[at]) if at < len(cells) else ""
    return "" if text in NOTHING else text


class Merged:
    """Gives the lower rows of merged cells the value of the first; other blank cells stay blank."""

    def __init__(self, layout: Layout, merged: Sequence[tuple[int, int, int, int]]) -> None:
        """For the columns of a sheet that do not say who somebody is."""
        columns = {at for name, at in layout.positions.items() if name not in ("nik", "name")}
        self._ranges = {
            (top + 1, left): bottom + 1
            for top, bottom, left, right in merged
            if bottom > top >= layout.row and left == right and left in columns
        }
        self._columns = sorted({at for _, at in self._ranges})
        self._open: dict[int, tuple[int, Cell]] = {}  # by column: its last row, and the value

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._ranges)

    def fill(self, row: int, cells: list[Cell]) -> None:
        """Fill the row's cells, which must come in order."""
        for at in self._columns:
            if at >= len(cells):
                cells.extend([""] * (at + 1 - len(cells)))
            if (row, at) in self._ranges:
                self._open[at] = self._ranges[row, at], cells[at]
            last, value = self._open.get(at, (0, ""))
            if row <= last and cells[at] in ("", None):
                cells[at] = value
