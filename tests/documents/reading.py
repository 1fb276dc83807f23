"""Reading what a PDF of ours shows, without the library that made it."""

from __future__ import annotations

import re
import zlib

_STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.DOTALL)
_SHOWN = re.compile(rb"1 0 0 1 ([\d.]+) ([\d.]+) Tm \(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)")


def texts_on(content: bytes) -> list[list[tuple[float, float, str]]]:
    """For each page the texts in the order in which they are drawn: x, y, text."""
    pages = []
    for stream in _STREAM.findall(content):
        found = _SHOWN.findall(zlib.decompressobj().decompress(stream))
        pages.append([(float(x), float(y), _text(raw)) for x, y, raw in found])
    return pages


def lines_of(content: bytes) -> list[list[str]]:
    """For each page its texts, from top to bottom and left to right, one string per line."""
    found = []
    for texts in texts_on(content):
        rows: dict[float, list[tuple[float, str]]] = {}
        for x, y, text in texts:
            rows.setdefault(y, []).append((x, text))
        found.append(
            [" | ".join(text for _x, text in sorted(rows[y])) for y in sorted(rows, reverse=True)]
        )
    return found


def _text(raw: bytes) -> str:
    def plain(found: re.Match[bytes]) -> bytes:
        digits = found.group(1)
        return bytes([int(digits, 8)]) if len(digits) == 3 else digits

    return _ESCAPED.sub(plain, raw).decode("cp1252")
