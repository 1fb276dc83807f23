"""Turning one row of a roster into a person, or into the reasons of its refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter, itemgetter

from agentsys.names import tidy_name
from agentsys.sheets.reader import Cell
from agentsys.workers.columns import PLAIN
from agentsys.workers.nik import (
    PROVINCES,
    Nik,
    NikProblem,
    NikRefused,
    mask,
    normalise,
    parse,
)
from agentsys.workers.phone import lost_its_zero, normalise_phone
from agentsys.workers.roster_cells import (
    date_in,
    has_invisible,
    income_in,
    month_first,
    place_and_date,
    sex_in,
    text_in,
)
from agentsys.workers.roster_columns import Header
from agentsys.workers.roster_problems import Effect, Note

# The fields in the order in which a row's cells are picked.
FIELDS = (
    *("nik", "name", "kk", "ttl", "birth_place", "birth_date", "sex", "phone", "kpj", "income"),
    *(column.name for column in PLAIN),
)
_AT = {name: number for number, name in enumerate(FIELDS)}
_PLAIN = [(column.name, _AT[column.name], column.most) for column in PLAIN]
# A row with two of these is about a person, even if NIK and name are missing.
_OWN_NUMBERS = [_AT[name] for name in ("kk", "ttl", "birth_date", "phone", "kpj")]
_PLACE_LENGTH = 80
_NAME_LENGTH = 120
_UNTIDY = re.compile(r"  |\| | \|")
_LETTER = re.compile(r"[^\W\d_]")
_KK = re.compile(r"[0-9]{16}")
_KPJ = re.compile(r"[0-9]{11}")
_EMPTY_WORDS = frozenset({"", "-", "--", "0", "N/A", "#N/A", "n/a", "tidak ada", "Tidak Ada"})


@dataclass(slots=True, repr=False)
class Person:
    """The data of one worker in a row; an empty text or None is an empty cell."""

    row: int
    nik: str
    name: str
    birth_place: str
    birth_date: date
    sex: str
    phone: str
    plain: tuple[str, ...]  # in the order of PLAIN
    income_idr: int | None
    kpj: str
    kk: str

    def content(self) -> int:
        """A hash of all fields, to distinguish a repeated row from a contradicting one."""
        return hash(_CONTENT(self))


_CONTENT = attrgetter(*(field.name for field in fields(Person) if field.name != "row"))


class RowReader:
    """Reads the rows of one sheet; repairs and refusals are in `notes`."""

    def __init__(self, header: Header, sheet: str, *, today: date) -> None:
        """A reader for rows under this header."""
        self.sheet = sheet
        self.header = header
        self.today = today
        self.notes: list[Note] = []
        self._has = header.positions.keys()
        self._width = max(header.positions.values()) + 1
        # Fields without a column are read from an empty cell at the end.
        self._pick = itemgetter(*(header.positions.get(name, self._width) for name in FIELDS))
        self._row = 0
        self._cells: Sequence[Cell] = ()
        self._texts: Sequence[str] = ()

    def take(self, row: int, cells: list[Cell]) -> bool:
        """Start with this row; False if it is not about a person: empty, a total, a signature."""
        if len(cells) != self._width:
            cells = cells[: self._width] + [""] * (self._width - len(cells))
        cells.append("")
        self._row, self._cells = row, self._pick(cells)
        self._texts = _texts(self._cells)
        return bool(self._texts[0] or self._texts[1]) or self._has_own_numbers()

    def _has_own_numbers(self) -> bool:
        texts = (self._texts[at] for at in _OWN_NUMBERS)
        return sum(any(sign.isdigit() for sign in text) for text in texts) > 1

    def read(self) -> Person | None:
        """The person of the current row; None if it is refused, with a note."""
        first_note = len(self.notes)
        name = self._name()
        place, born_cell = self._birth_cells()
        born, as_serial = date_in(born_cell)
        nik = self._nik(born)
        birth_date = self._birth_date(nik, born, born_cell, as_serial=as_serial)
        sex = self._sex(nik)
        plain = tuple(self._short(*column) for column in _PLAIN)
        phone, income, kpj = self._phone(), self._income(), self._kpj()
        kk = self._kk(nik)
        if len(self.notes) > first_note and any(
            note.effect is Effect.REFUSED for note in self.notes[first_note:]
        ):
            return None
        assert nik is not None
        assert birth_date is not None
        return Person(
            row=self._row,
            nik=nik.text,
            name=name,
            birth_place=place,
            birth_date=birth_date,
            sex=sex,
            phone=phone,
            plain=plain,
            income_idr=income,
            kpj=kpj,
            kk=kk,
        )

    def note(self, name: str, problem: str, shown: str | None = None) -> None:
        """Note a problem with this field of the current row."""
        title = self.header.titles.get(name, name.upper())
        if shown is None:
            shown = self._texts[_AT[name]]
        self.notes.append(Note(self.sheet, self._row, title, problem, shown))

    def _name(self) -> str:
        cell, name = self._cells[1], self._texts[1]
        if not name:
            self.note("name", "name_missing")
            return ""
        plain = tidy_name(name)
        if plain != name or has_invisible(cell):
            self.note("name", "name_repaired")
        if not _LETTER.search(plain) or not isinstance(cell, str):
            self.note("name", "name_unreadable")
        if len(plain) > _NAME_LENGTH:
            self.note("name", "name_long")
        return plain

    def _nik(self, born: date | None) -> Nik | None:
        cell = self._cells[0]
        try:
            if not isinstance(cell, str | None):
                # Above 2^53 a spreadsheet's number has lost digits, so it is refused.
                raise NikRefused(NikProblem.NUMBER)
            nik = parse(cell or "", born=born, today=self.today)
        except NikRefused as refused:
            self.note("nik", refused.problem.value, _masked(cell))
            return None
        if nik.text != cell:
            self.note("nik", "nik_repaired", nik.masked)
        if nik.text[:2] not in PROVINCES:
            self.note("nik", "nik_region_unknown", nik.masked)
        return nik

    def _birth_cells(self) -> tuple[str, Cell]:
        place = self._texts[_AT["birth_place"]]
        if "birth_date" in self._has:
            return place[:_PLACE_LENGTH], self._texts[_AT["birth_date"]]
        ttl_place, born = place_and_date(self._texts[_AT["ttl"]])
        return (ttl_place or place)[:_PLACE_LENGTH], born

    def _birth_date(
        self, nik: Nik | None, born: date | None, cell: Cell, *, as_serial: bool
    ) -> date | None:
        name = "birth_date" if "birth_date" in self._has else "ttl"
        if nik is not None and born != nik.birth_date and month_first(cell) == nik.birth_date:
            self.note(name, "birth_date_swapped")
            return nik.birth_date
        if as_serial:
            self.note(name, "birth_date_serial")
        if born is not None and born <= self.today:
            if nik is not None and born != nik.birth_date:
                self.note(name, "birth_date_differs")
            return born
        if born is None and text_in(cell) in _EMPTY_WORDS:
            if name in self._has and nik is not None:
                self.note(name, "birth_date_from_nik")
            return nik.birth_date if nik else None
        self.note(name, "birth_date_unreadable")
        return None

    def _sex(self, nik: Nik | None) -> str:
        sex = sex_in(self._texts[_AT["sex"]])
        if nik is None or sex == nik.sex:
            return sex
        if sex:
            self.note("sex", "sex_differs")
            return sex
        if "sex" in self._has:
            self.note("sex", "sex_from_nik")
        return nik.sex

    def _short(self, name: str, at: int, most: int) -> str:
        text = self._texts[at]
        if len(text) > most:
            self.note(name, "text_cut")
        return text[:most]

    def _phone(self) -> str:
        text = self._texts[_AT["phone"]]
        if text in _EMPTY_WORDS:
            return ""
        phone = normalise_phone(text)
        if not phone:
            self.note("phone", "phone_dropped")
        elif text[0] == "8" and lost_its_zero(text):
            self.note("phone", "phone_lost_zero")
        return phone

    def _income(self) -> int | None:
        cell = self._cells[_AT["income"]]
        if self._texts[_AT["income"]] in _EMPTY_WORDS:
            return None
        income, interpreted = income_in(cell)
        if income is None:
            self.note("income", "income_dropped")
        elif interpreted:
            self.note("income", "income_repaired")
        return income

    def _kpj(self) -> str:
        text = self._texts[_AT["kpj"]].replace(" ", "")
        if text in _EMPTY_WORDS or _KPJ.fullmatch(text):
            return "" if text in _EMPTY_WORDS else text
        self.note("kpj", "kpj_dropped")
        return ""

    def _kk(self, nik: Nik | None) -> str:
        cell = self._cells[_AT["kk"]]
        if self._texts[_AT["kk"]] in _EMPTY_WORDS:
            return ""
        kk = cell if isinstance(cell, str) else ""
        if not _KK.fullmatch(kk):
            kk = normalise(kk)
        if not _KK.fullmatch(kk):
            self.note("kk", "kk_dropped", _masked(cell))
            return ""
        if nik is not None and kk == nik.text:
            self.note("nik", "nik_is_kk", nik.masked)
        return kk


def _texts(cells: Sequence[Cell]) -> Sequence[str]:
    try:
        row = "|".join(cells)  # type: ignore[arg-type]
    except TypeError:
        return tuple(map(text_in, cells))
    # Nearly all rows have none, and one check of the whole row is faster than one per cell.
    if row.isascii() and row.isprintable() and not _UNTIDY.search(row) and row.strip() == row:
        return cells  # type: ignore[return-value]
    return tuple(map(text_in, cells))


def _masked(cell: Cell) -> str:
    return mask(normalise(cell) if isinstance(cell, str) else text_in(cell))
