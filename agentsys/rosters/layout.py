"""Where a sheet has its titles, and which of its columns are fields of a worker.

Titles say it, and the values below them decide between columns that claim the same field. If two
columns claim who somebody is (`IDENTITY`) and both hold values, nobody can know which one is
right: the sheet has a clash, and is not read until somebody chooses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice

from agentsys.rosters import titles
from agentsys.rosters.claims import Claims, choose, with_birth_apart
from agentsys.rosters.columns import TITLES, named
from agentsys.rosters.headers import SEARCHED_ROWS, Block, blocks, is_numbers
from agentsys.rosters.jobs import are_codes
from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell, Sheet, read_sheets
from agentsys.workers.nik import mask_within

SAMPLE_ROWS = 60  # below the first title that are looked at before the sheet is read
_SAMPLES = 3
_LONGEST_SAMPLE = 60


@dataclass(frozen=True)
class ColumnSeen:
    """A column of a sheet: its place, its title, and what it seems to hold."""

    at: int  # from 0
    title: str  # unique in its sheet
    field: str | None  # the suggested one: of `rows.FIELDS` or of `titles`
    samples: tuple[str, ...]  # a few values; anything like a NIK is masked


@dataclass(frozen=True)
class SheetSeen:
    """What can be said of a sheet before it is read."""

    name: str
    header_row: int | None  # the last line of the titles, from 1; None if there are none
    columns: tuple[ColumnSeen, ...]
    rows: int  # about how many lines are below the titles
    hidden_rows: int
    hidden_columns: tuple[str, ...]  # their titles
    clash: tuple[str, ...]  # titles that claim one field and both hold values


@dataclass(frozen=True)
class Layout:
    """The titles of a sheet and the columns of its fields."""

    row: int  # number of the last line of the titles, from 1
    positions: dict[str, int]  # by field
    titles: dict[str, str] = field(repr=False)  # by field, as the office wrote them
    columns: tuple[tuple[int, str, str | None], ...] = field(repr=False, default=())
    clash: tuple[str, ...] = ()
    clash_field: str = ""
    doubles: tuple[str, ...] = ()  # titles of columns that are left out for another one
    job_codes: bool = False  # the jobs are codes of the villages' software


def look(content: bytes) -> list[SheetSeen]:
    """The visible sheets of a file and their columns; FileRefused if it is no table.

    A file is opened in a child process with limits, and only its first rows are read.
    """
    seen = []
    with closing(read_sheets(content, titles=TITLES, most_rows=SAMPLE_ROWS)) as sheets:
        for name, sheet in named(sheets):
            rows = list(islice(sheet.rows, SAMPLE_ROWS))
            seen.append(_seen(name, sheet, rows))
    return seen


def find_layout(
    rows: Sequence[Sequence[Cell]],
    *,
    sheet: Sheet | None = None,
    mapping: Mapping[str, str] | None = None,
    take_hidden: bool = False,
) -> Layout | None:
    """The titles among the first rows; None without columns for NIK and name.

    `mapping` names the field of each title, and replaces what the titles suggest.
    """
    hidden = () if sheet is None or take_hidden else sheet.hidden_columns
    merged = () if sheet is None else sheet.merged
    skipped = frozenset(at for first, last in hidden for at in range(first, min(last, 1_000) + 1))
    for block in blocks(rows, merged):
        layout = _layout(block, rows, mapping, skipped)
        if {"nik", "name"} <= layout.positions.keys() or layout.clash:
            return layout
    return None


def likely_layout(rows: Sequence[Sequence[Cell]], sheet: Sheet) -> Layout | None:
    """The titles of a sheet, even if NIK or name is not among them; None if there are none."""
    layout = find_layout(rows, sheet=sheet, take_hidden=True)
    if layout is not None:
        return layout
    block = max(blocks(rows, sheet.merged), key=lambda one: len(one.paths), default=None)
    return None if block is None else _layout(block, rows, None)


def best_guess(rows: Sequence[Sequence[Cell]]) -> set[str]:
    """The fields of the titles that are most like a header, to tell what is missing."""
    found = (set(_layout(block, rows, None).positions) for block in blocks(rows, ()))
    return max(found, key=len, default=set())


def _layout(
    block: Block,
    rows: Sequence[Sequence[Cell]],
    mapping: Mapping[str, str] | None,
    skipped: Collection[int] = (),
) -> Layout:
    values = _Values(rows[block.row :])
    block = with_birth_apart(block, values.of)
    names = _unique(block)
    if mapping is None:
        claims = choose(block, values.of, skipped)
    else:
        claims = _mapped(names, mapping, skipped)
    fields = {at: name for name, at in claims.positions.items()}
    return Layout(
        block.row,
        claims.positions,
        {name: names[at] for name, at in claims.positions.items()},
        tuple((at, title, fields.get(at)) for at, title in names.items()),
        tuple(names[at] for at in claims.clash),
        claims.clash_field,
        tuple(names[at] for at in claims.doubles),
        "job" in claims.positions and are_codes(values.of(claims.positions["job"])),
    )


def _mapped(
    names: Mapping[int, str], mapping: Mapping[str, str], skipped: Collection[int]
) -> Claims:
    found = Claims()
    for at, title in names.items():
        name = mapping.get(title, "")
        if not name or at in skipped:
            continue
        if name in found.positions and not found.clash:
            found.clash, found.clash_field = (found.positions[name], at), name
        found.positions.setdefault(name, at)
    return found


def _unique(block: Block) -> dict[int, str]:
    """The title of each column; a repeated one gets a number."""
    taken: dict[str, int] = {}
    names = {}
    for at, path in sorted(block.paths.items()):
        title = titles.shown(path)
        taken[title] = taken.get(title, 0) + 1
        names[at] = f"{title} ({taken[title]})" if taken[title] > 1 else title
    return names


class _Values:
    """The texts of the first rows below the titles, by column, without those that count columns."""

    def __init__(self, rows: Sequence[Sequence[Cell]]) -> None:
        texts = ([text_in(cell) for cell in row] for row in rows)
        self._rows = [row for row in texts if not is_numbers(row)]

    def of(self, at: int) -> list[str]:
        """The texts of a column, empty ones too."""
        return [row[at] if at < len(row) else "" for row in self._rows]


def _seen(name: str, sheet: Sheet, rows: list[list[Cell]]) -> SheetSeen:
    layout = likely_layout(rows, sheet)
    if layout is None:
        return SheetSeen(name, None, (), sheet.size, _count(sheet.hidden_rows), (), ())
    values = _Values(rows[layout.row :])
    columns = tuple(
        ColumnSeen(at, title, found, tuple(_samples(values.of(at))))
        for at, title, found in layout.columns
    )
    hidden = tuple(
        one.title
        for one in columns
        if any(first <= one.at <= last for first, last in sheet.hidden_columns)
    )
    below = max(0, sheet.size - layout.row)
    hidden_rows = _count(sheet.hidden_rows)
    return SheetSeen(name, layout.row, columns, below, hidden_rows, hidden, layout.clash)


def _samples(texts: Sequence[str]) -> Iterator[str]:
    different = dict.fromkeys(text for text in texts if text)
    for text in islice(different, _SAMPLES):
        yield mask_within(text)[:_LONGEST_SAMPLE]


def _count(ranges: Sequence[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)


__all__ = [
    "SEARCHED_ROWS",
    "ColumnSeen",
    "Layout",
    "SheetSeen",
    "best_guess",
    "find_layout",
    "likely_layout",
    "look",
]
