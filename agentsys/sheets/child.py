"""A child process: reads a file from stdin under resource limits, writes rows as JSON lines.

A few malicious bytes can make a parser allocate terabytes (for example, a cell in the last row of
the last column), so the parser runs in a process with limited memory and time. It imports nothing
of agentsys, because it runs in Python's isolated mode.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import io
import json
import re
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

MOST_COLUMNS = 1_000
LONGEST_CELL = 10_000
MOST_ROWS = 1_048_576  # the limit of spreadsheets, which CSV does not have
MOST_OUTPUT = 256 * 1024 * 1024
MOST_A_LINE = 4 * 1024 * 1024  # how many bytes the parent reads at once
ROWS_A_LINE = 500
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_SAMPLE_WIDTH = 10_000

# A sheet's name, about how many rows it has, and the rows.
Table = tuple[str, int, Iterator[Sequence[Any]]]


class Refusal(Exception):
    """The file cannot be read; the argument is the code of the reason."""


def main() -> None:
    """Write a line for each sheet, followed by its rows; a last line marks the end."""
    memory, seconds, *titles = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="replace", newline="\n")
    content = sys.stdin.buffer.read()
    why = ""
    try:
        for line in told(tables_in(content, titles)):
            out.write(line + "\n")
    except Refusal as refusal:
        why = str(refusal)
    out.write(json.dumps({"end": why}) + "\n")
    out.flush()


def told(tables: Iterable[Table]) -> Iterator[str]:
    """The output lines for these tables; Refusal if one exceeds the limits."""
    encode = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":")).encode
    count = size = 0
    for name, expected, rows in tables:
        yield encode({"sheet": name, "rows": expected})
        while some := list(islice(rows, ROWS_A_LINE)):
            if max(map(len, some)) > MOST_COLUMNS:
                raise Refusal("wide row")
            if any(type(cell) is str and len(cell) > LONGEST_CELL for row in some for cell in row):
                raise Refusal("long cell")
            line = encode(some)
            count, size = count + len(some), size + len(line)
            if len(line) > MOST_A_LINE or size > MOST_OUTPUT or count > MOST_ROWS:
                raise Refusal("too much")
            yield line


def tables_in(content: bytes, titles: Sequence[str] = ()) -> Iterator[Table]:
    """The visible sheets of a workbook, or a CSV file as one sheet."""
    if content.startswith(b"PK\x03\x04"):
        yield from _workbook(content)
    else:
        yield "CSV", content.count(b"\n") + 1, csv_rows(content, titles)


def _workbook(content: bytes) -> Iterator[Table]:
    # Imported here, because CSV files do not need it.
    from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
    for number, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            cells = workbook.get_sheet_by_index(number)
            yield sheet.name, cells.total_height, cells.iter_rows()


def _plain(value: object) -> object:
    """Values that JSON lacks: a date becomes a list with its ISO text, others their text."""
    if isinstance(value, datetime.datetime | datetime.date):
        return [value.isoformat()[:10]]
    return str(value)


def csv_rows(content: bytes, titles: Sequence[str] = ()) -> Iterator[list[str]]:
    """The rows of a CSV file; Refusal if it is not text or not a table."""
    lines = io.TextIOWrapper(
        io.BytesIO(content), encoding_of(content), errors="replace", newline=""
    )
    sample = [line[:_SAMPLE_WIDTH] for line in islice(lines, _SAMPLE_LINES)]
    lines.seek(0)
    delimiter = _named_delimiter(sample)
    if delimiter:
        # Kept as an empty line, so that row numbers stay those of the file.
        lines.readline()
        yield []
    csv.field_size_limit(LONGEST_CELL)
    try:
        yield from csv.reader(lines, delimiter=delimiter or _likely_delimiter(sample, titles))
    except csv.Error as error:
        raise Refusal("broken csv") from error


def encoding_of(content: bytes) -> str:
    """The encoding of the bytes; Refusal if they are not text."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if content.startswith(mark):
            return name
    head = content[:4096]
    if b"\0" in head:
        odd, even = head[1::2].count(0), head[::2].count(0)
        if max(odd, even) > len(head) // 3 and min(odd, even) == 0:
            return "utf-16-le" if odd else "utf-16-be"
        raise Refusal("no table")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"  # Excel on Windows, "CSV (Comma delimited)"
    return "utf-8"


def _named_delimiter(sample: Sequence[str]) -> str:
    """The delimiter named by a first line `sep=;`, as Excel writes it."""
    first = sample[0].rstrip("\r\n").lower() if sample else ""
    sign = first.removeprefix("sep=")
    return sign if sign != first and len(sign) == 1 and sign in _DELIMITERS else ""


def _likely_delimiter(sample: Sequence[str], titles: Sequence[str]) -> str:
    """The delimiter that splits the header, or else any sample line, into the most cells."""
    # Addresses and titles are full of commas; the header is not.
    headers = [
        line for line in sample if all(re.search(title, line, re.IGNORECASE) for title in titles)
    ]
    lines = headers or sample
    return max(_DELIMITERS, key=lambda sign: max((line.count(sign) for line in lines), default=0))


if __name__ == "__main__":
    main()
