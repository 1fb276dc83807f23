"""Scans and photos that a form brings, and showing those that were stored."""

from __future__ import annotations

from flask import Response
from werkzeug.datastructures import FileStorage

from agentsys.scans import kinds
from agentsys.scans.kinds import ScanKind
from agentsys.web import sheets
from agentsys.web.texts import lazy

HINT = lazy(
    "Foto (JPEG atau PNG) paling besar 12 MB, atau PDF paling besar 3 MB. Disimpan terenkripsi."
)


def sent(upload: FileStorage | None) -> bytes:
    """What was sent in a file field, read no further than needed to refuse it; empty if nothing."""
    return upload.read(kinds.MOST_BYTES + 1) if upload else b""


def shown(name: str, content: bytes, kind: ScanKind) -> Response:
    """A stored scan: a photo, which agentsys encoded, to look at; a PDF as a download."""
    answer = sheets.attachment(f"{name}.{kind.value}", content, kinds.MIMETYPES[kind])
    if kind is ScanKind.JPEG:
        answer.headers.set("Content-Disposition", "inline", filename=f"{name}.jpeg")
    return answer
