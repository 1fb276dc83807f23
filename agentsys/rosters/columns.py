"""The columns that offices usually send, and the names of their sheets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Sheet

# Titles that header lines have, and other lines hardly ever.
TITLES = (r"\b(NIK|KTP)\b", r"\bNAMA\b")

# The columns that offices send, in their usual order.
USUAL = (
    "NO",
    "NIK",
    "NAMA LENGKAP",
    "NO KK",
    "TTL",
    "JENIS KELAMIN",
    "NO HP",
    "NAMA USAHA",
    "KATEGORI USAHA",
    "ALAMAT",
    "KELURAHAN",
    "KECAMATAN",
    "STATUS BPJS",
    "NOMOR KPJ",
    "KETERANGAN",
)

_LONGEST_NAME = 80


def named(sheets: Iterable[Sheet]) -> Iterator[tuple[str, Sheet]]:
    """Each sheet with a unique name to show."""
    taken = set()
    for number, sheet in enumerate(sheets, start=1):
        name = text_in(sheet.name)[:_LONGEST_NAME]
        if name in taken:
            # In Excel two names may differ only by a space at the end.
            name = f"{name[: _LONGEST_NAME - 10]} ({number})"
        taken.add(name)
        yield name, sheet
