"""Photos as phones take them, drawn for tests."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

PDF = b"%PDF-1.7\n" + b"page" * 9 + b"\n%%EOF\n"
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def jpeg(width: int = 60, height: int = 40, *, turned: int = 1, with_place: bool = False) -> bytes:
    """A photo whose left half is red; `turned` is EXIF's orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = turned
    if with_place:
        exif[MAKER] = "Telepon Rahasia"
        exif[GPS] = {1: "S", 2: (6.0, 10.0, 29.0), 3: "E", 4: (106.0, 49.0, 36.0)}
    out = io.BytesIO()
    _drawn(width, height).save(out, "JPEG", exif=exif, comment=b"rahasia di komentar")
    return out.getvalue()


def png(width: int = 60, height: int = 40) -> bytes:
    """A picture of a screen."""
    out = io.BytesIO()
    _drawn(width, height).save(out, "PNG")
    return out.getvalue()


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says to have so many pixels a side."""

    def chunk(name: bytes, content: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + crc

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 5000))
        + chunk(b"IEND", b"")
    )


def opened(content: bytes) -> Image.Image:
    """A stored photo."""
    picture = Image.open(io.BytesIO(content))
    picture.load()
    return picture


def _drawn(width: int, height: int) -> Image.Image:
    picture = Image.new("RGB", (width, height), "blue")
    picture.paste("red", (0, 0, width // 2, height))
    return picture
