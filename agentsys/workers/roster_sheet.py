"""A program of its own: reads a workbook from stdin under limits, writes its rows as JSON lines.

A few hostile bytes can make a parser ask for terabytes (one cell in the last row of the last
column does), so the parser lives in a process that may use little memory and little time.
"""

import datetime
import io
import json
import resource
import sys

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

MEMORY = 1024 * 1024 * 1024
SECONDS = 120
ROWS_A_LINE = 500


def plain(value: object) -> object:
    """What JSON has no word for: a date becomes a list of its ISO text, the rest its text."""
    if isinstance(value, datetime.datetime | datetime.date):
        return [value.isoformat()[:10]]
    return str(value)


def main() -> None:
    """Write a line for each visible sheet, then lines of rows; exit code 3 if it cannot be read."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    encode = json.JSONEncoder(default=plain, ensure_ascii=False, separators=(",", ":")).encode
    out = io.TextIOWrapper(sys.stdout.buffer, "utf-8", errors="replace", newline="\n")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
    for number, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ != SheetTypeEnum.WorkSheet or sheet.visible != SheetVisibleEnum.Visible:
            continue
        cells = workbook.get_sheet_by_index(number)
        out.write(encode({"sheet": sheet.name, "rows": cells.total_height}) + "\n")
        rows = []
        for row in cells.iter_rows():
            rows.append(row)
            if len(rows) == ROWS_A_LINE:
                out.write(encode(rows) + "\n")
                rows = []
        if rows:
            out.write(encode(rows) + "\n")
    out.flush()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.exit(0)  # nobody reads on: the import was refused
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
        sys.exit(3)
