"""Which rows and columns of a workbook are hidden; it runs in the child process of `child`.

A filter hides the rows that do not match it, and who sends the list sees only the others. The parts
are unpacked in pieces, and only the tags of rows and columns are looked at: no entity is resolved
and nothing but numbers is kept.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import IO
from xml.etree import ElementTree

MOST_RANGES = 100_000  # of hidden rows; a filter that hides every second row of a city has fewer
MOST_COLUMNS = 16_384
_PIECE = 1024 * 1024
_LONGEST_TAG = 2_000
_TRUE = ("1", "true")

Ranges = list[tuple[int, int]]  # first and last, from 1 for rows and from 0 for columns

_PREFIX = rb"(?:[A-Za-z0-9]+:)?"
_XLSX = re.compile(rb"<" + _PREFIX + rb"(row|col)\s([^<>]*)>")
_ODS = re.compile(
    rb"<(/?)" + _PREFIX + rb"(table|table-row|table-column|table-row-group|table-column-group)"
    rb"(?=[\s/>])([^<>]*)>"
)
_ATTRIBUTE = re.compile(rb"([A-Za-z-]+)\s*=\s*[\"']([^\"']*)[\"']")


def hidden_in(content: bytes) -> list[tuple[Ranges, Ranges]]:
    """The hidden rows and columns of each sheet, in the order of the workbook."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "xl/workbook.xml" in archive.namelist():
            return [_of_xlsx(archive, part) for part in _parts(archive)]
        with archive.open("content.xml") as file:
            return list(_of_ods(file))


def _parts(archive: zipfile.ZipFile) -> Iterator[str]:
    """The names of the sheets' parts; empty for what is no sheet of cells."""
    related = {
        one.get("Id"): str(one.get("Target"))
        for one in ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))  # noqa: S314
    }
    book = ElementTree.fromstring(archive.read("xl/workbook.xml"))  # noqa: S314  # no declarations
    names = set(archive.namelist())
    for one in book.iter():
        if one.tag.rpartition("}")[2] == "sheet":
            ids = [value for name, value in one.items() if name.endswith("}id")]
            target = related.get(ids[0] if ids else "", "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            yield part if part in names else ""


def _of_xlsx(archive: zipfile.ZipFile, part: str) -> tuple[Ranges, Ranges]:
    rows, columns = _Ranges(), _Ranges()
    if not part:
        return [], []
    number = 0
    with archive.open(part) as file:
        for tag in _tags(file, _XLSX):
            given = _attributes(tag[2])
            hidden = given.get("hidden") in _TRUE
            if tag[1] == b"row":
                number = int(given.get("r", number + 1))
                if hidden:
                    rows.add(number, number)
            elif hidden:
                first = int(given.get("min", 1))
                columns.add(first - 1, min(int(given.get("max", first)), MOST_COLUMNS) - 1)
    return rows.found, columns.found


def _of_ods(file: IO[bytes]) -> Iterator[tuple[Ranges, Ranges]]:
    rows, columns = _Ranges(), _Ranges()
    row = column = 0
    groups: list[bool] = []
    for tag in _tags(file, _ODS):
        closes, name, given = tag[1] == b"/", tag[2], _attributes(tag[3])
        if name == b"table" and closes:
            yield rows.found, columns.found
            rows, columns, row, column, groups = _Ranges(), _Ranges(), 0, 0, []
        elif name.endswith(b"group"):
            if closes:
                groups[-1:] = []
            else:
                groups.append(given.get("display") == "false")
        elif not closes and name == b"table-row":
            count = int(given.get("number-rows-repeated", 1))
            if any(groups) or given.get("visibility", "visible") != "visible":
                rows.add(row + 1, row + count)
            row += count
        elif not closes and name == b"table-column":
            count = int(given.get("number-columns-repeated", 1))
            if any(groups) or given.get("visibility", "visible") != "visible":
                columns.add(column, min(column + count, MOST_COLUMNS) - 1)
            column += count


class _Ranges:
    """Numbers in ascending order, joined to ranges."""

    def __init__(self) -> None:
        self.found: Ranges = []

    def add(self, first: int, last: int) -> None:
        if self.found and self.found[-1][1] + 1 == first:
            self.found[-1] = (self.found[-1][0], last)
        elif len(self.found) < MOST_RANGES:
            self.found.append((first, last))


def _tags(file: IO[bytes], pattern: re.Pattern[bytes]) -> Iterator[re.Match[bytes]]:
    rest = b""
    while piece := file.read(_PIECE):
        text = rest + piece
        end = 0
        for tag in pattern.finditer(text):
            yield tag
            end = tag.end()
        # A tag may go on in the next piece.
        rest = text[max(end, len(text) - _LONGEST_TAG) :]


def _attributes(text: bytes) -> dict[str, str]:
    return {
        name.decode(): value.decode("utf-8", "replace") for name, value in _ATTRIBUTE.findall(text)
    }
