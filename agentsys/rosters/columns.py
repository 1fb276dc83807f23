"""Finding a roster's header and columns, wherever they are and however they are named."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agentsys.sheets.cells import text_in
from agentsys.sheets.reader import Cell, Sheet
from agentsys.workers.columns import PLAIN

SEARCHED_ROWS = 20
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

_ALIASES: dict[str, str] = {
    "nik": "NIK NONIK NOMORNIK NOMORINDUKKEPENDUDUKAN NOKTP NOMORKTP NIKKTP KTP NOIDENTITAS",
    "name": "NAMA NAMALENGKAP NAMAPEKERJA NAMAPESERTA NAMATENAGAKERJA NAMATK NAMAKTP"
    " NAMASESUAIKTP NAMALENGKAPSESUAIKTP",
    "kk": "NOKK KK NOMORKK NOMORKARTUKELUARGA NOKARTUKELUARGA KARTUKELUARGA",
    "ttl": "TTL TEMPATTANGGALLAHIR TEMPATTGLLAHIR TEMPATDANTANGGALLAHIR TEMPATDANTGLLAHIR"
    " TMPTTGLLAHIR",
    "birth_place": "TEMPATLAHIR TEMPAT TMPLAHIR",
    "birth_date": "TANGGALLAHIR TGLLAHIR LAHIR",
    "sex": "JENISKELAMIN JK LP KELAMIN JENKEL GENDER SEX",
    "phone": "NOHP HP NOMORHP NOTELP NOTELEPON TELEPON TELP NOHANDPHONE HANDPHONE NOWA WA"
    " NOHPWA NOMORWHATSAPP NOWHATSAPP WHATSAPP NOPONSEL",
    "kpj": "NOMORKPJ NOKPJ KPJ NOPESERTA NOMORPESERTA",
    "income": "PENGHASILAN PENDAPATAN UPAH GAJI PENGHASILANPERBULAN PENGHASILANBULANAN"
    " PENDAPATANPERBULAN UPAHPERBULAN",
    **{column.name: column.titles for column in PLAIN},
}
_FIELDS = {alias: name for name, aliases in _ALIASES.items() for alias in aliases.split()}
# Births only under a title such as TTL, or beside a place of birth; else the day of a registration.
_DATES = {"TANGGAL": "birth_date", "TGL": "birth_date"}
_MARKS = re.compile(r"[^A-Z]")
_BRACKETED = re.compile(r"\([^)]*\)|\*")
_LONGEST_TITLE = 200
_LONGEST_NAME = 80


@dataclass(frozen=True)
class Header:
    """The columns of one sheet: the field of each cell, and the office's title for it."""

    row: int  # number of its last line, from 1
    positions: dict[str, int]
    titles: dict[str, str] = field(repr=False)


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


def find_header(rows: Sequence[Sequence[Cell]]) -> Header | None:
    """The header among the first rows, of one or two lines; None without NIK or name."""
    for index, row in enumerate(rows[:SEARCHED_ROWS]):
        positions = _fields_in(row)
        if "nik" not in positions or "name" not in positions:
            continue
        below = rows[index + 1] if index + 1 < len(rows) else []
        under = _fields_in(below, _FIELDS | _DATES)
        if not _continues(below, under):
            return Header(index + 1, positions, _titles((row,), positions))
        # The titles below a merged one (TEMPAT, TANGGAL below TTL) are more exact.
        covered = set(under.values())
        positions = {name: at for name, at in positions.items() if at not in covered} | under
        return Header(index + 2, positions, _titles((row, below), positions))
    return None


def best_guess(rows: Sequence[Sequence[Cell]]) -> set[str]:
    """The fields of the row that is most like a header, to tell the user what is missing."""
    return max((set(_fields_in(row)) for row in rows[:SEARCHED_ROWS]), key=len, default=set())


def is_column_numbers(row: Sequence[Cell]) -> bool:
    """Whether the row only numbers the columns (1, 2, 3 …), as official forms do."""
    texts = [text for text in map(text_in, row) if text]
    return len(texts) >= 3 and texts == [str(number + 1) for number in range(len(texts))]


def _fields_in(row: Sequence[Cell], names: Mapping[str, str] = _FIELDS) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, cell in enumerate(row):
        if isinstance(cell, str) and cell:
            name = names.get(_MARKS.sub("", _BRACKETED.sub("", cell[:_LONGEST_TITLE].upper())))
            if name and name not in found:
                found[name] = at
    if "birth_place" in found and names is _FIELDS:
        return _fields_in(row, _FIELDS | _DATES)
    return found


def _continues(below: Sequence[Cell], under: dict[str, int]) -> bool:
    # A second header line has only titles; data rows have digits.
    return bool(under) and not any(any(sign.isdigit() for sign in text_in(cell)) for cell in below)


def _titles(lines: Sequence[Sequence[Cell]], positions: dict[str, int]) -> dict[str, str]:
    titles = {}
    for name, at in positions.items():
        texts = [text_in(line[at]) for line in lines if at < len(line) and text_in(line[at])]
        titles[name] = texts[-1][:80] if texts else name
    return titles
