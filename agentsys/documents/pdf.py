"""PDF documents: a title, lines of text, and tables over as many pages as they need.

The text is set in Helvetica, which every reader has, so no font is stored in the file. A letter
that Helvetica lacks is written as the letter that it is made of (ş as s), or else as a question
mark. Nothing is masked here: the caller gives the texts as they may be read.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from reportlab import rl_config
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from agentsys.documents.letters import BOLD, REGULAR, broken, escaped, printable, width_of

PDF = "application/pdf"
rl_config.useA85 = 0  # the pages as bytes, not as letters: a fifth smaller, and sooner made

_MARGIN = 36.0
_FOOT = 24.0  # between the last line of a page and its page number
_GAP = 6.0  # between two columns
_TITLE_SIZE, _HEADING_SIZE, _LINE_SIZE, _CELL_SIZE = 14.0, 11.0, 9.0, 8.0
_LEADING = 1.3


@dataclass(frozen=True)
class Column:
    """One column of a table: its title, its share of the width, and whether it holds amounts."""

    title: str
    share: float
    right: bool = False


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table; its header is repeated on each page. `total` is a last row in bold."""

    columns: Sequence[Column]
    rows: Iterable[Sequence[str]]
    heading: str = ""
    total: Sequence[str] = ()


def document(
    *,
    title: str,
    lines: Sequence[str] = (),
    tables: Sequence[Table] = (),
    closing: Sequence[str] = (),
    page_of: str = "Halaman {page} dari {pages}",
    wide: bool = False,
    language: str = "id",
) -> bytes:
    """The PDF file: title and lines, the tables, then the closing lines.

    Every page has the title and its number at the foot; `page_of` says how, in the reader's
    language. Long texts are broken into lines. The same arguments give the same bytes.
    """
    size = landscape(A4) if wide else A4
    sheet = _Sheet(width=size[0] - 2 * _MARGIN, top=size[1] - _MARGIN)
    sheet.write(title, BOLD, _TITLE_SIZE)
    sheet.space(4)
    for line in lines:
        sheet.write(line, REGULAR, _LINE_SIZE)
    for table in tables:
        _lay_out(sheet, table)
    if closing:
        sheet.space(10)
    for line in closing:
        sheet.write(line, REGULAR, _LINE_SIZE)
    return _drawn(sheet.pages, size, title, page_of, language)


_Text = tuple[float, float, str, str, float]  # x, y, the line, its font and size


@dataclass
class _Page:
    texts: list[_Text] = field(default_factory=list)
    rules: list[float] = field(default_factory=list)  # heights of lines across the page


@dataclass
class _Sheet:
    """The pages so far, and the height that is left on the last one."""

    width: float
    top: float
    pages: list[_Page] = field(default_factory=lambda: [_Page()])
    y: float = 0.0

    def __post_init__(self) -> None:
        self.y = self.top

    @property
    def page(self) -> _Page:
        return self.pages[-1]

    def fits(self, height: float) -> bool:
        return self.y - height >= _MARGIN + _FOOT

    def turn(self) -> None:
        self.pages.append(_Page())
        self.y = self.top

    def space(self, height: float) -> None:
        self.y -= height

    def write(self, text: str, font: str, size: float) -> None:
        """One line of text over the whole width, or as many as it needs."""
        for part in broken(printable(text), font, size, self.width):
            if not self.fits(size * _LEADING):
                self.turn()
            self.y -= size * _LEADING
            self.page.texts.append((_MARGIN, self.y, part, font, size))

    def rule(self) -> None:
        self.page.rules.append(self.y - 3)


def _lay_out(sheet: _Sheet, table: Table) -> None:
    columns = list(_placed(table.columns, sheet.width))
    header = [_cells([column.title for column in table.columns], columns, BOLD)]
    space = _CELL_SIZE * _LEADING * 4
    if not sheet.fits(space + _HEADING_SIZE * 3):
        sheet.turn()
    sheet.space(10)
    if table.heading:
        sheet.write(table.heading, BOLD, _HEADING_SIZE)
        sheet.space(2)
    _put(sheet, header[0], columns, BOLD, header=None)
    sheet.rule()
    sheet.space(3)
    for row in table.rows:
        _put(sheet, _cells(row, columns, REGULAR), columns, REGULAR, header=header[0])
    if table.total:
        sheet.rule()
        sheet.space(3)
        _put(sheet, _cells(table.total, columns, BOLD), columns, BOLD, header=header[0])


_Placed = tuple[float, float, bool]  # where a column begins, how wide it is, aligned right


def _placed(columns: Sequence[Column], width: float) -> Iterator[_Placed]:
    shares = sum(column.share for column in columns)
    at = _MARGIN
    for column in columns:
        mine = width * column.share / shares
        yield at, mine - _GAP, column.right
        at += mine


def _cells(texts: Sequence[str], columns: Sequence[_Placed], font: str) -> list[list[str]]:
    """The lines of each cell of a row."""
    return [
        broken(printable(text), font, _CELL_SIZE, width)
        for text, (_at, width, _right) in zip(texts, columns, strict=True)
    ]


def _put(
    sheet: _Sheet,
    cells: list[list[str]],
    columns: Sequence[_Placed],
    font: str,
    *,
    header: list[list[str]] | None,
) -> None:
    """One row, on the next page below the header if this one is full."""
    leading = _CELL_SIZE * _LEADING
    height = leading * max(map(len, cells))
    if header is not None and not sheet.fits(height):
        sheet.turn()
        _put(sheet, header, columns, BOLD, header=None)
        sheet.rule()
        sheet.space(3)
    top, texts = sheet.y - leading, sheet.page.texts
    for lines, (at, width, right) in zip(cells, columns, strict=True):
        for nth, line in enumerate(lines):
            x = at + width - width_of(line, font, _CELL_SIZE) if right else at
            texts.append((x, top - nth * leading, line, font, _CELL_SIZE))
    sheet.y -= height


def _drawn(
    pages: Sequence[_Page], size: tuple[float, float], title: str, page_of: str, language: str
) -> bytes:
    buffer = io.BytesIO()
    # Invariant: no time of making is written, so that the same content is the same file.
    canvas = Canvas(buffer, pagesize=size, pageCompression=1, invariant=1, lang=language)
    canvas.setTitle(title)
    canvas.setAuthor("agentsys")
    for number, page in enumerate(pages, 1):
        canvas.setLineWidth(0.5)
        for y in page.rules:
            canvas.line(_MARGIN, y, size[0] - _MARGIN, y)
        foot = printable(f"{title} · {page_of.format(page=number, pages=len(pages))}")
        page.texts.append((_MARGIN, _MARGIN, foot, REGULAR, _CELL_SIZE))
        for (font, points), texts in groupby(page.texts, key=itemgetter(3, 4)):
            canvas.setFont(font, points)
            canvas.addLiteral(_operators(texts))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _operators(texts: Iterable[_Text]) -> str:
    """The texts of one font as operators of PDF: each at its place.

    A text at a time through the library would take three times as long.
    """
    shown = (
        f"1 0 0 1 {x:.2f} {y:.2f} Tm ({escaped(line)}) Tj" for x, y, line, _font, _size in texts
    )
    return "\n".join(("BT", *shown, "ET"))
