"""What a scan is: told by its content, never by its name."""

from __future__ import annotations

from agentsys.errors import Invalid
from agentsys.papers.models import ScanKind

MOST_BYTES = 3 * 1024 * 1024
_PNG = b"\x89PNG\r\n\x1a\n"
_TAIL = 1024  # some programs write a little behind the end of a PDF


def kind_of(content: bytes) -> ScanKind:
    """The kind of a whole file; Invalid for another kind, a part of a file, or too much."""
    if len(content) > MOST_BYTES:
        raise Invalid("Berkas pindaian paling besar 3 MB. Perkecil dulu.", about="scan")
    if content.startswith(b"%PDF-") and b"%%EOF" in content[-_TAIL:]:
        return ScanKind.PDF
    if content.startswith(b"\xff\xd8\xff") and content.rstrip(b"\0").endswith(b"\xff\xd9"):
        return ScanKind.JPEG
    if content.startswith(_PNG) and content.endswith(b"IEND\xaeB`\x82"):
        return ScanKind.PNG
    raise Invalid(
        "Pindaian harus berkas PDF, JPEG, atau PNG yang utuh. Simpan ulang, lalu unggah lagi.",
        about="scan",
    )


MIMETYPES = {
    ScanKind.PDF: "application/pdf",
    ScanKind.JPEG: "image/jpeg",
    ScanKind.PNG: "image/png",
}
