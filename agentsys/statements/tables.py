"""Reading a statement that is a table: CSV, tabs, or a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice

from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell, Sheet
from agentsys.sheets.refusals import FileRefused
from agentsys.statements.amounts import AHEAD, day_in, marked_in, sen_in
from agentsys.statements.heads import footer_in, head_in
from agentsys.statements.layouts import Layout, headings_key
from agentsys.statements.lines import (
    LONGEST_RAW,
    LONGEST_REFERENCE,
    LONGEST_TEXT,
    Declared,
    Line,
)

TITLES = (r"tanggal|date|tgl|time",)
_WITHIN = 40  # lines, in which the headings must be found
_SAMPLES = 3
_FEWEST = 3  # columns of a table


class NeedsMapping(Exception):
    """No layout has these headings; a person must say what the columns hold."""

    def __init__(self, titles: Sequence[str], samples: Sequence[Sequence[str]]) -> None:
        """Keep the titles, and some cells of each column."""
        super().__init__()
        self.titles, self.samples = titles, samples


@dataclass
class TableStatement:
    """A statement in a table. Read all its `lines`; then `declared` is complete."""

    layout: Layout
    places: Mapping[str, list[int]]
    rows: Iterator[list[Cell]]
    row: int  # the number of the line of headings
    latest: date
    declared: Declared = field(default_factory=Declared)

    def lines(self) -> Iterator[Line]:
        """The lines one after another; FileRefused names the one that cannot be read."""
        for number, cells in enumerate(self.rows, start=self.row + 1):
            texts = [_text(cell, self.layout.point) for cell in cells]
            if not any(texts):
                continue
            if footer_in(texts, self.layout, self.declared, number):
                continue
            try:
                line = self._line(number, self._fitting(texts))
            except (ValueError, IndexError) as error:
                raise _unreadable(number, texts) from error
            if not self.declared.number:
                self.declared.number = self._of(texts, "number").lstrip("'")
            yield line

    def _fitting(self, texts: list[str]) -> list[str]:
        """The cells, with a text that was cut at its commas whole again."""
        more = len(texts) - len(self.layout.columns)
        if not self.layout.commas_in_text or more <= 0:
            return texts
        at = self.places["text"][0]
        return [*texts[:at], ",".join(texts[at : at + more + 1]), *texts[at + more + 1 :]]

    def _line(self, number: int, cells: Sequence[str]) -> Line:
        said = self._of(cells, "date").lstrip("'").strip()
        mark = said.upper() if said.upper() in self.layout.pending else ""
        day = None if mark else day_in(said, styles=self.layout.days, latest=self.latest)
        balance = self._of(cells, "balance")
        sen = self._sen(cells)
        fee, tax = (abs(self._read(self._of(cells, what))) for what in ("fee", "tax"))
        net = self._of(cells, "net")
        if net and self._read(net) != sen - fee - tax:
            raise ValueError("net")
        return Line(
            place=number,
            booked_on=day,
            mark=mark,
            sen=sen,
            text=self._of(cells, "text")[:LONGEST_TEXT],
            reference=self._of(cells, "reference")[:LONGEST_REFERENCE],
            fee_sen=fee,
            tax_sen=tax,
            balance_sen=self._read(balance) if balance and not mark else None,
            raw="\t".join(cells)[:LONGEST_RAW],
        )

    def _sen(self, cells: Sequence[str]) -> int:
        kind = self.layout.amount
        if kind == "two_columns":
            out = abs(self._read(self._of(cells, "debit")))
            into = abs(self._read(self._of(cells, "credit")))
            if out and into:
                raise ValueError("both")
            return into - out
        amount = self._of(cells, "amount")
        if not amount:
            raise ValueError("no amount")
        if kind in ("signed", "unsigned"):
            return self._read(amount)
        if kind == "marked":
            amount, mark = marked_in(amount)
        else:
            mark = self._of(cells, "mark").strip().upper()
        sen = abs(self._read(amount))
        if mark in self.layout.into:
            return sen
        if mark in self.layout.out:
            return -sen
        raise ValueError(mark)

    def _read(self, text: str) -> int:
        return sen_in(text, point=self.layout.point)

    def _of(self, cells: Sequence[str], what: str) -> str:
        """The cells that hold this, joined; empty if there are none."""
        found = (cells[place] for place in self.places.get(what, ()) if place < len(cells))
        return " ".join(text for text in found if text)


def open_table(
    sheet: Sheet, layouts: Sequence[Layout], *, today: date, known: Mapping[bytes, Layout]
) -> TableStatement:
    """The statement in a sheet, by the layout whose headings it has.

    `known` are layouts that people described, by the key of their headings. NeedsMapping if none
    fits; FileRefused if there is no table.
    """
    rows = iter(sheet.rows)
    first = list(islice(rows, _WITHIN))
    texts = [[_text(cell, ".") for cell in row] for row in first]
    latest = today + AHEAD
    for number, row in enumerate(texts, start=1):
        for layout in (*layouts, *filter(None, [known.get(headings_key(_trimmed(row)))])):
            places = layout.places(row)
            if places is not None:
                declared = head_in(texts[: number - 1], layout)
                latest = min(latest, declared.until_on or latest)
                rest = chain(first[number:], rows)
                return TableStatement(layout, places, rest, number, latest, declared)
    raise _without_layout(texts)


def _without_layout(texts: Sequence[Sequence[str]]) -> Exception:
    """What a person is asked about: the first line with words in most of its cells."""
    words = [sum(1 for cell in row if cell and not cell[:1].isdigit()) for row in texts]
    most = max(words, default=0)
    if most < _FEWEST:
        return FileRefused(
            "Judul kolom tidak ditemukan di berkas ini. Unggah mutasi yang diunduh dari bank,"
            " dengan judul kolomnya."
        )
    at = words.index(most)
    titles = _trimmed(texts[at])
    samples = [
        [row[place] for row in texts[at + 1 : at + 1 + _SAMPLES] if place < len(row)]
        for place in range(len(titles))
    ]
    return NeedsMapping(titles, samples)


def _trimmed(row: Sequence[str]) -> list[str]:
    """The cells without the empty ones at the end."""
    last = max((place for place, cell in enumerate(row) if cell), default=-1)
    return list(row[: last + 1])


def _text(cell: Cell, point: str) -> str:
    if isinstance(cell, float) and not cell.is_integer():
        return f"{cell:.2f}".replace(".", point)
    return text_in(cell)


def _unreadable(number: int, texts: Sequence[str]) -> FileRefused:
    return FileRefused(
        "Baris {row} tidak terbaca menurut susunan bank ini: {cells}. Jangan ubah berkasnya;"
        " unduh lagi dari bank.",
        row=number,
        cells=" | ".join(text for text in texts if text)[:120],
    )
