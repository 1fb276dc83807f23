"""The guard before a spreadsheet is parsed: an .xlsx is a zip, and a zip may lie about its size."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib

from agentsys.errors import Invalid

MOST_PARTS = 500
MOST_UNPACKED = 400 * 1024 * 1024
MOST_RATIO = 200
SMALL = 8 * 1024 * 1024  # below this no ratio can hurt; repetitive sheets pack very well
_PIECE = 1024 * 1024
_HEAD = 4096
_LOCAL_HEADER = 30
_DECLARATION = re.compile(rb"<\x00?!\x00?(D\x00?O\x00?C\x00?T|E\x00?N\x00?T\x00?I)")

_DAMAGED = "Berkas Excel ini rusak. Buka di Excel, simpan ulang sebagai .xlsx, lalu unggah lagi."
_TOO_LARGE = (
    "Isi berkas Excel ini terlalu besar setelah dibuka. Simpan sebagai CSV,"
    " bagi menjadi beberapa berkas, lalu unggah satu per satu."
)


class FileRefused(Invalid):
    """Berkas tidak dapat dibaca sebagai daftar pekerja."""


def check_archive(content: bytes) -> None:
    """Return if the workbook may be parsed; FileRefused, with what to do, if it may not."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise FileRefused(_DAMAGED) from error
    names = {part.filename for part in parts}
    if len(parts) > MOST_PARTS:
        raise FileRefused(_TOO_LARGE, parts=len(parts))
    if "xl/workbook.xml" not in names:
        raise FileRefused(
            "Berkas ini bukan Excel (.xlsx). Simpan daftar sebagai .xlsx atau .csv,"
            " lalu unggah lagi."
        )
    if any(name.endswith("vbaProject.bin") for name in names):
        raise FileRefused(
            "Berkas Excel ini berisi makro. Simpan ulang sebagai .xlsx tanpa makro,"
            " lalu unggah lagi."
        )
    unpacked = 0
    for part in parts:
        unpacked += _unpacked_size(content, part, MOST_UNPACKED - unpacked)
    if unpacked > SMALL and unpacked > MOST_RATIO * len(content):
        raise FileRefused(_TOO_LARGE, unpacked=unpacked)


def _unpacked_size(content: bytes, part: zipfile.ZipInfo, allowed: int) -> int:
    """Bytes that the part really holds, counted by unpacking: the size it declares may lie."""
    if part.flag_bits & 1:
        raise FileRefused(
            "Berkas Excel ini dikunci kata sandi. Hapus kata sandinya, lalu unggah lagi."
        )
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileRefused(_DAMAGED, method=part.compress_type)
    packed = memoryview(content)[_start_of(content, part) :][: part.compress_size]
    if part.compress_type == zipfile.ZIP_STORED:
        _refuse_declarations(bytes(packed[:_HEAD]))
        return len(packed)
    inflater, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    rest: bytes | memoryview = packed
    try:
        while not inflater.eof and (piece := inflater.decompress(rest, _PIECE)):
            if size == 0:
                _refuse_declarations(piece[:_HEAD])
            size += len(piece)
            if size > allowed:
                raise FileRefused(_TOO_LARGE, unpacked=size)
            rest = inflater.unconsumed_tail
    except zlib.error as error:
        raise FileRefused(_DAMAGED) from error
    return size


def _start_of(content: bytes, part: zipfile.ZipInfo) -> int:
    header = content[part.header_offset : part.header_offset + _LOCAL_HEADER]
    if len(header) < _LOCAL_HEADER or not header.startswith(b"PK\x03\x04"):
        raise FileRefused(_DAMAGED)
    name, extra = struct.unpack("<HH", header[26:30])
    return part.header_offset + _LOCAL_HEADER + int(name) + int(extra)


def _refuse_declarations(head: bytes) -> None:
    # Neither Excel nor LibreOffice writes a DTD; what comes with one wants to be expanded.
    if _DECLARATION.search(head):
        raise FileRefused(_DAMAGED, declaration=True)
