"""Old Excel files and LibreOffice files, made byte by byte for tests."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Sequence
from html import escape

_SECTOR = 512
_FREE, _END, _TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_SPACES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)

Rows = Sequence[Sequence[object]]


def ods(rows: Rows, *, hidden: Sequence[int] = (), body: str = "", **parts: bytes) -> bytes:
    """An .ods with one sheet DAFTAR; `hidden` rows, from 0, are filtered out.

    `body` is XML that stands behind the rows; further parts are named with _ for /.
    """
    lines = "".join(_ods_row(row, number in hidden) for number, row in enumerate(rows))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES}><office:body>'
        f'<office:spreadsheet><table:table table:name="DAFTAR">{lines}{body}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest'
        ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", _MIME, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
        for name, part in parts.items():
            archive.writestr(name.replace("_", "/"), part)
    return out.getvalue()


def _ods_row(row: Sequence[object], hidden: bool) -> str:
    cells = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{escape(str(cell))}</text:p>'
        "</table:table-cell>"
        if cell != ""
        else "<table:table-cell/>"
        for cell in row
    )
    how = ' table:visibility="filter"' if hidden else ""
    return f"<table:table-row{how}>{cells}</table:table-row>"


def xls(rows: Rows, *, extra: bytes = b"") -> bytes:
    """An .xls (BIFF8) with one sheet DAFTAR; `extra` are records before the sheet."""
    name = b"DAFTAR"
    start = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 6)) + extra
    sheet = struct.pack("<IHBB", 0, 0, len(name), 0) + name
    place = len(start) + 4 + len(sheet) + 4
    book = start + _record(0x0085, struct.pack("<I", place) + sheet[4:]) + _record(0x000A, b"")
    cells = b"".join(
        _cell(number, at, cell) for number, row in enumerate(rows) for at, cell in enumerate(row)
    )
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 6))
    return _compound(book + begin + cells + _record(0x000A, b""))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _cell(row: int, at: int, cell: object) -> bytes:
    place = struct.pack("<HHH", row, at, 0)
    if isinstance(cell, int | float):
        return _record(0x0203, place + struct.pack("<d", cell))
    text = str(cell)
    return _record(0x0204, place + struct.pack("<HB", len(text), 1) + text.encode("utf-16-le"))


def _compound(stream: bytes) -> bytes:
    """A compound file with the stream Workbook: header, table, directory, then the stream."""
    stream = stream.ljust(4096, b"\0")
    count = -(-len(stream) // _SECTOR)
    tables = -(-(count + 2) // (_SECTOR // 4 - 1)) + 1
    chain = [_TABLE] * tables + [_END] + [tables + 2 + at for at in range(count - 1)] + [_END]
    chain += [_FREE] * (tables * _SECTOR // 4 - len(chain))
    head = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    head += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, _END, 0, _END, 0)
    head += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    directory = (
        _entry("Root Entry", 5, 1, _END, 0)
        + _entry("Workbook", 2, _FREE, tables + 1, len(stream))
        + _entry("", 0, _FREE, 0, 0) * 2
    )
    body = struct.pack(f"<{len(chain)}I", *chain) + directory
    return head + body + stream.ljust(count * _SECTOR, b"\0")


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = (name + "\0").encode("utf-16-le") if name else b""
    links = struct.pack("<III", _FREE, _FREE, child)
    rest = bytes(36) + struct.pack("<III", start, size, 0)
    return text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + links + rest
