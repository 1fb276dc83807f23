"""Checks before a workbook is parsed: it is a zip file, which may declare wrong sizes."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Collection, Sequence

from agentsys.sheets import refusals
from agentsys.sheets.refusals import FileRefused

MOST_PARTS = 500
MOST_RATIO = 200
# Below this size any compression ratio is harmless; repetitive sheets compress very well.
SMALL = 8 * 1024 * 1024
_PIECE = 1024 * 1024
_HEAD = 4096
_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = 30
_DECLARATION = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T|E\x00?N\x00?T\x00?I)")


_XLSX, _ODS = "xl/workbook.xml", "content.xml"
# What hides rows or columns, as Excel and LibreOffice write it; the words are looked for first.
_WORDS = {_XLSX: (b"hidden=",), _ODS: (b"visibility=", b"display=")}
_HIDES = re.compile(
    rb"""hidden=["'](?:1|true)["']|visibility=["'](?:collapse|filter)["']|display=["']false["']"""
)
_LONGEST_HIDING = 60
# In .ods files a row or cell may say that it is repeated; no sheet has 10,000,000 rows.
_REPEATED = re.compile(rb"""repeated=["'][0-9]{8}""")


def check_archive(content: bytes, *, unpacked: int) -> bool:
    """Whether rows or columns may be hidden; FileRefused unless the workbook may be parsed.

    `unpacked` is the largest total size of its parts, in bytes.
    """
    # Each entry of the directory becomes an object, so they are counted before it is read.
    if content.count(_ENTRY) > MOST_PARTS:
        raise FileRefused(refusals.LARGE_UNPACKED)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise FileRefused(refusals.DAMAGED) from error
    names = {part.filename for part in parts}
    kind = _ODS if _is_ods(content, names) else _XLSX
    if kind not in names:
        raise FileRefused(refusals.NO_EXCEL)
    if any(name.endswith("vbaProject.bin") or name.startswith("Basic/") for name in names):
        raise FileRefused(refusals.MACROS)
    size, hides = 0, False
    for part in parts:
        one, hiding = _unpacked_size(content, part, unpacked - size, _WORDS[kind])
        size, hides = size + one, hides or hiding
    if size > SMALL and size > MOST_RATIO * len(content):
        raise FileRefused(refusals.LARGE_UNPACKED, unpacked=size)
    return hides


def _is_ods(content: bytes, names: Collection[str]) -> bool:
    # The first part of such a file is its kind, as it is and not compressed.
    return _ODS in names and b"opendocument.spreadsheet" in content[:200]


def _unpacked_size(
    content: bytes, part: zipfile.ZipInfo, allowed: int, words: Sequence[bytes]
) -> tuple[int, bool]:
    """The real size of the part, which may be declared wrong, and whether it hides something."""
    if part.flag_bits & 1:
        raise FileRefused(refusals.LOCKED)
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused(refusals.DAMAGED, method=part.compress_type)
    packed = memoryview(content)[_start_of(content, part) :][: part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        _refuse_declarations(bytes(packed[:_HEAD]))
        if len(packed) > allowed:
            raise FileRefused(refusals.LARGE_UNPACKED, unpacked=len(packed))
        return len(packed), _hides(bytes(packed), words)
    inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    hides, end = False, b""
    rest: bytes | memoryview = packed
    try:
        while not inflater.eof and (piece := inflater.decompress(rest, _PIECE)):
            if size == 0:
                _refuse_declarations(piece[:_HEAD])
            size += len(piece)
            if size > allowed:
                raise FileRefused(refusals.LARGE_UNPACKED, unpacked=size)
            hides = hides or _hides(end + piece, words)
            end = piece[-_LONGEST_HIDING:]
            rest = inflater.unconsumed_tail
    except zlib.error as error:
        raise FileRefused(refusals.DAMAGED) from error
    return size, hides


def _hides(piece: bytes, words: Sequence[bytes]) -> bool:
    if b"-repeated=" in piece and _REPEATED.search(piece):
        raise FileRefused(refusals.LARGE_UNPACKED)
    return any(word in piece for word in words) and _HIDES.search(piece) is not None


def _start_of(content: bytes, part: zipfile.ZipInfo) -> int:
    header = content[part.header_offset : part.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise FileRefused(refusals.DAMAGED)
    name, extra = struct.unpack("<HH", header[26:30])
    return part.header_offset + _LOCAL_HEADER + int(name) + int(extra)


def _refuse_declarations(head: bytes) -> None:
    # Excel and LibreOffice write no DTD; a part with one is probably an entity bomb.
    if _DECLARATION.search(head):
        raise FileRefused(refusals.DAMAGED, declaration=True)
