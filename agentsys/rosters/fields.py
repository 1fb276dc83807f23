"""The fields of a list, and reading those that need no other field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from operator import itemgetter
from typing import Any

from agentsys.rosters import places, titles
from agentsys.rosters.layout import Layout
from agentsys.rosters.nothing import NOTHING
from agentsys.rosters.problems import Note
from agentsys.sheets.cells import income_in, sex_in, text_in
from agentsys.sheets.reader import Cell
from agentsys.workers import identity
from agentsys.workers.columns import PLAIN
from agentsys.workers.nik import Nik, mask, normalise
from agentsys.workers.phone import lost_its_zero, normalise_phone

_ALWAYS = (
    *("nik", "name", "kk", "ttl", "birth_place", "birth_date", "sex", "phone", "kpj", "income"),
    *(column.name for column in PLAIN),
)
# The fields in the order in which a row's cells are picked; the last ones only if a list has them.
FIELDS = (*_ALWAYS, *places.FIELDS, *titles.STATES, *titles.HEIRS)
# Columns that a field is made of.
PARTS = (*titles.BIRTH_PARTS, *titles.SEX_MARKS)
AT = {name: number for number, name in enumerate(FIELDS)}
_PLAIN = [(column.name, AT[column.name], column.most) for column in PLAIN]
_FIRST_PLAIN, _END_OF_PLAIN = _PLAIN[0][1], _PLAIN[-1][1] + 1
_SHORTEST = min(most for _, _, most in _PLAIN)
# A row with two of these is about a person, even if NIK and name are missing.
_OWN_NUMBERS = [AT[name] for name in ("kk", "ttl", "birth_date", "phone", "kpj")]
_UNTIDY = re.compile(r"  |\| | \|")
_KK = re.compile(r"[0-9]{16}")
_KPJ = re.compile(r"[0-9]{11}")
_BETWEEN_PHONES = re.compile(
    r"[/;,&|]| dan | atau | - | (?=08|\+62|628)|(?<=[0-9])\+", re.IGNORECASE
)


class FieldReader:
    """Reads the cells of one row at a time; repairs and refusals are in `notes`."""

    def __init__(self, layout: Layout, sheet: str, *, today: date) -> None:
        """A reader for rows under these titles."""
        self.sheet = sheet
        self.layout = layout
        self.today = today
        self.notes: list[Note] = []
        self._has = layout.positions.keys()
        self._row = 0
        self._cells: Sequence[Cell] = ()
        self._texts: Sequence[str] = ()

    def picker(self, positions: dict[str, int], empty: int) -> itemgetter[Any]:
        """What picks the cells of a row by field; `empty` is the place of an empty cell."""
        more = [AT[name] for name in FIELDS[len(_ALWAYS) :] if name in positions]
        until = max(more) + 1 if more else len(_ALWAYS)
        return itemgetter(*(positions.get(name, empty) for name in FIELDS[:until]))

    def note(self, name: str, problem: str, shown: str | None = None) -> None:
        """Note a problem with this field of the current row."""
        if shown is None:
            shown = self._texts[AT[name]]
        self.notes.append(Note(self.sheet, self._row, self.title(name), problem, shown))

    def title(self, name: str) -> str:
        """The office's title of a field, or of the one that it is taken from."""
        if name == "birth_date" and name not in self._has:
            name = next((one for one in ("ttl", "birth_day") if one in self._has), "nik")
        elif name == "sex" and name not in self._has and "sex_l" in self._has:
            name = "sex_l"
        return self.layout.titles.get(name, name.upper())

    def has_own_numbers(self) -> bool:
        """Whether the row is about a person although NIK and name are missing."""
        texts = (self._texts[at] for at in _OWN_NUMBERS)
        return sum(any(sign.isdigit() for sign in text) for text in texts) > 1

    def plain(self) -> tuple[str, ...]:
        """The short texts that are kept as they are written, in the order of PLAIN."""
        texts = self._texts[_FIRST_PLAIN:_END_OF_PLAIN]
        if max(map(len, texts)) <= _SHORTEST:
            return tuple(texts)
        return tuple(self._short(*column) for column in _PLAIN)

    def _short(self, name: str, at: int, most: int) -> str:
        text = self._texts[at]
        if len(text) > most:
            self.note(name, "text_cut")
        return text[:most]

    def sex(self, nik: Nik | None) -> str:
        """L or P; the NIK tells it if the cell does not."""
        sex = sex_in(self._texts[AT["sex"]])
        if nik is None or sex == nik.sex:
            return sex
        if sex:
            self.note("sex", identity.Difference.SEX.value)
            return sex
        if "sex" in self._has or "sex_l" in self._has:
            self.note("sex", "sex_from_nik")
        return nik.sex

    def phone(self) -> str:
        """The mobile number as `+628…`; the first one if there are several."""
        text = self._texts[AT["phone"]]
        if not text:
            return ""
        phone = normalise_phone(text)
        if len(text) > _ONE_PHONE and (several := _phones(text)):
            phone = several[0]
            if len(several) > 1:
                self.note("phone", "phone_first")
        if not phone:
            self.note("phone", "phone_dropped")
        elif text[0] == "8" and lost_its_zero(text):
            self.note("phone", "phone_lost_zero")
        return phone

    def income(self) -> int | None:
        """The monthly income in rupiah."""
        if not self._texts[AT["income"]]:
            return None
        income, interpreted = income_in(self._cells[AT["income"]])
        if income is None:
            self.note("income", "income_dropped")
        elif interpreted:
            self.note("income", "income_repaired")
        return income

    def kpj(self) -> str:
        """The number of BPJS' card."""
        text = self._texts[AT["kpj"]].replace(" ", "")
        if not text or _KPJ.fullmatch(text):
            return text
        self.note("kpj", "kpj_dropped")
        return ""

    def kk(self, nik: Nik | None, family: str) -> str:
        """The number of the family card; `family` stands in a line above the row."""
        if not self._texts[AT["kk"]]:
            return family
        cell = self._cells[AT["kk"]]
        kk = cell if isinstance(cell, str) else ""
        if not _KK.fullmatch(kk):
            kk = normalise(kk)
        if not _KK.fullmatch(kk):
            self.note("kk", "kk_dropped", masked(cell))
            return ""
        if nik is not None and (wrong := identity.nik_problem(nik, kk)) is not None:
            self.note("nik", wrong.value, nik.masked)
        return kk


_ONE_PHONE = 15  # letters of the longest usual number


def _phones(text: str) -> list[str]:
    """The different mobile numbers in a text."""
    found = (normalise_phone(part.strip()) for part in _BETWEEN_PHONES.split(text[:120]))
    return list(dict.fromkeys(phone for phone in found if phone))


def texts_of(cells: Sequence[Cell]) -> Sequence[str]:
    """The visible texts of a row; words for nothing are empty."""
    try:
        row = "|".join(cells)  # type: ignore[arg-type]
    except TypeError:
        texts: Sequence[str] = tuple(map(text_in, cells))
        row = "|".join(texts)
    else:
        # Nearly all rows need no change, and a check of the whole row is faster than one per cell.
        tidy = row.isascii() and row.isprintable() and not _UNTIDY.search(row)
        whole = tidy and row.strip() == row
        texts = cells if whole else tuple(map(text_in, cells))  # type: ignore[assignment]
    if "|'" in row:
        # Villages' software writes an apostrophe before what a spreadsheet must not change.
        texts = (*texts[:2], *(text.removeprefix("'") for text in texts[2:]))
    if NOTHING.isdisjoint(texts):
        return texts
    return tuple("" if text in NOTHING else text for text in texts)


def masked(cell: Cell) -> str:
    """A cell that should be a NIK or the number of a family card, as notes show it."""
    return mask(normalise(cell) if isinstance(cell, str) else text_in(cell))
