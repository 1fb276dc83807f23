"""Encoding a photo again, so that what is stored is a picture and nothing else.

The place where a photo was taken, the phone's name and what is hidden behind a picture are not in
the new file. Nothing is decoded before its number of pixels is known.
"""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image, ImageOps

from agentsys.errors import Invalid

LONGEST_SIDE = 1600  # pixels: the small print of a bank slip can be read
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 20_000_000}  # a PNG cannot be decoded at a smaller size
_FORMATS = ("JPEG", "PNG")
_QUALITY = 80
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error)


def encoded_again(content: bytes) -> bytes:
    """The photo as an upright JPEG of at most 1,600 pixels a side, without EXIF and comments.

    Invalid if it is no whole JPEG or PNG, or has too many pixels to be decoded.
    """
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as photo:
            _check_size(photo)
            photo.thumbnail((LONGEST_SIDE, LONGEST_SIDE))  # decodes a JPEG at about that size
            return _written(ImageOps.exif_transpose(photo))
    except (Image.DecompressionBombError, *_BROKEN) as error:
        raise Invalid(
            "Foto ini tidak dapat dibuka. Ambil lagi fotonya, lalu pilih lagi.", about="scan"
        ) from error


def _check_size(photo: Image.Image) -> None:
    """Invalid if decoding it would need too much memory; only its header was read."""
    most = MOST_PIXELS["PNG" if photo.format == "PNG" else "JPEG"]
    if photo.width * photo.height > most:
        raise Invalid(
            "Foto ini {width} × {height} piksel, terlalu besar. Ambil lagi dengan resolusi lebih"
            " kecil.",
            width=photo.width,
            height=photo.height,
            about="scan",
        )


def _written(photo: Image.Image) -> bytes:
    # A new picture: Pillow would copy the comment of the old one.
    clean = Image.new("RGB", photo.size, "white")
    if photo.has_transparency_data:
        seen = photo.convert("RGBA")
        clean.paste(seen, mask=seen.getchannel("A"))
    else:
        clean.paste(photo.convert("RGB"))
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()
