"""What a scan is: told by its content, never by its name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentsys.errors import Invalid
from agentsys.scans import photos

MOST_BYTES = 12 * 1024 * 1024  # of a photo as a phone takes it; what is stored is far smaller
MOST_PDF_BYTES = 3 * 1024 * 1024  # a PDF is stored as it is
_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_TAIL = 1024  # some programs write a little behind the end of a PDF


class ScanKind(StrEnum):
    """What a scan is, by its content."""

    PDF = "pdf"
    JPEG = "jpeg"
    PNG = "png"  # stored by versions before 0.3; a PNG that is sent now is stored as a JPEG


MIMETYPES = {
    ScanKind.PDF: "application/pdf",
    ScanKind.JPEG: "image/jpeg",
    ScanKind.PNG: "image/png",
}


@dataclass(frozen=True)
class Scan:
    """A file that may be stored."""

    content: bytes
    kind: ScanKind


def accepted(content: bytes) -> Scan:
    """A whole PDF as it is, or a photo encoded again as a JPEG; Invalid for anything else."""
    if content.startswith((_JPEG, _PNG)):
        if len(content) > MOST_BYTES:
            raise Invalid(
                "Foto paling besar 12 MB. Ambil lagi dengan resolusi lebih kecil.", about="scan"
            )
        return Scan(photos.encoded_again(content), ScanKind.JPEG)
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-_TAIL:]:
        if len(content) > MOST_PDF_BYTES:
            raise Invalid(
                "Berkas PDF paling besar 3 MB. Perkecil dulu, atau kirim fotonya.", about="scan"
            )
        return Scan(content, ScanKind.PDF)
    raise Invalid(
        "Pindaian harus foto (JPEG atau PNG) atau berkas PDF yang utuh. Simpan ulang, lalu pilih"
        " lagi.",
        about="scan",
    )
