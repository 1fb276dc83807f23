"""A child process: reads a file from stdin under resource limits, writes rows as JSON lines.

A few malicious bytes can make a parser allocate terabytes (for example, a cell in the last row of
the last column), so the parser runs in a process with limited memory and time. It imports nothing
of agentsys, because it runs in Python's isolated mode.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import importlib.util
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

MOST_COLUMNS = 1_000
LONGEST_CELL = 10_000
MOST_ROWS = 1_048_576  # the limit of spreadsheets, which CSV does not have
MOST_OUTPUT = 2 * 1024 * 1024 * 1024  # nobody keeps it
MOST_A_LINE = 4 * 1024 * 1024  # how many bytes the parent reads at once
ROWS_A_LINE = 500
MOST_MERGED = 5_000
_OLE = b"\xd0\xcf\x11\xe0"
# The record that begins an .xls file, and at once the one that says that it is encrypted.
_LOCKED_XLS = re.compile(rb"\x09\x08\x10\x00.{16}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL)
_DELIMITERS = ",;\t|"
_SAMPLE_LINES = 20
_SAMPLE_WIDTH = 10_000

# What is said of a sheet (`sheet`, `rows`, `merged`, `hidden_rows` and `hidden_columns`), its rows.
Table = tuple[dict[str, Any], Iterator[Sequence[Any]]]


class Refusal(Exception):
    """The file cannot be read; the argument is the code of the reason."""


def main() -> None:
    """Write a line for each sheet, followed by its rows; a last line marks the end."""
    memory, seconds, most_rows, *titles = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="replace", newline="\n")
    size = int.from_bytes(sys.stdin.buffer.read(8), "big")
    content = sys.stdin.buffer.read(size)
    why = ""
    try:
        for line in told(tables_in(content, titles), int(most_rows)):
            out.write(line + "\n")
    except Refusal as refusal:
        why = str(refusal)
    out.write(json.dumps({"end": why}) + "\n")
    out.flush()


def told(tables: Iterable[Table], most_rows: int) -> Iterator[str]:
    """The output lines for these tables; Refusal if one exceeds the limits.

    `most_rows`, if not 0, is how many rows of each sheet are wanted.
    """
    encode = json.JSONEncoder(default=_plain, ensure_ascii=False, separators=(",", ":")).encode
    count = size = 0
    for heading, every in tables:
        yield encode(heading)
        rows = islice(every, most_rows) if most_rows else every
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
    if content.startswith((b"PK\x03\x04", _OLE)):
        yield from _workbook(content)
    else:
        lines = content.count(b"\n") + (not content.endswith(b"\n"))
        yield {"sheet": "CSV", "rows": lines}, csv_rows(content, titles)


def _workbook(content: bytes) -> Iterator[Table]:
    # Imported here, because CSV files do not need it.
    from python_calamine import CalamineError, PasswordError, SheetTypeEnum, SheetVisibleEnum
    from python_calamine import CalamineWorkbook as Workbook

    try:
        workbook = Workbook.from_filelike(io.BytesIO(content))
    except PasswordError as error:
        raise Refusal("locked") from error
    except CalamineError as error:
        raise Refusal("locked" if _LOCKED_XLS.search(content) else "damaged") from error
    hidden: list[Any] | None = None
    for number, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
            try:
                cells = workbook.get_sheet_by_index(number)
            except CalamineError as error:
                raise Refusal("damaged") from error
            if hidden is None:
                hidden = _hidden_in(content)
            rows, columns = hidden[number] if number < len(hidden) else ([], [])
            heading = {
                "sheet": sheet.name,
                "rows": cells.end[0] + 1 if cells.end else 0,
                "merged": [
                    (top, bottom, left, right)
                    for (top, left), (bottom, right) in islice(
                        cells.merged_cell_ranges or (), MOST_MERGED
                    )
                ],
                "hidden_rows": rows,
                "hidden_columns": columns,
            }
            yield heading, cells.iter_rows()


def _hidden_in(content: bytes) -> list[Any]:
    """The hidden rows and columns of each sheet; none if the archive has no word of any."""
    # The parent looked for it while it checked the archive; .xls files do not tell it here.
    if sys.stdin.buffer.read(1) != b"1":
        return []
    path = Path(__file__).with_name("hidden.py")
    spec = importlib.util.spec_from_file_location("hidden", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        found: list[Any] = module.hidden_in(content)
    except (ValueError, KeyError, zipfile.BadZipFile, SyntaxError) as error:
        raise Refusal("damaged") from error
    return found


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
