"""Turning one row of a roster into a person, or into the reasons of its refusal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from operator import itemgetter

from agentsys.names import tidy_name
from agentsys.rosters.layout import Layout
from agentsys.rosters.lines import Line, Lines
from agentsys.rosters.person import Person
from agentsys.rosters.problems import Effect, Note
from agentsys.sheets.cells import (
    date_in,
    has_invisible,
    income_in,
    month_first,
    place_and_date,
    sex_in,
    text_in,
)
from agentsys.sheets.reader import Cell
from agentsys.workers import eligibility, identity
from agentsys.workers.columns import NAMES, PLAIN
from agentsys.workers.kinds import Programmes
from agentsys.workers.nik import (
    Nik,
    NikProblem,
    NikRefused,
    mask,
    normalise,
    parse,
)
from agentsys.workers.phone import lost_its_zero, normalise_phone

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
_UNTIDY = re.compile(r"  |\| | \|")
_KK = re.compile(r"[0-9]{16}")
_KPJ = re.compile(r"[0-9]{11}")
_EMPTY_WORDS = identity.NO_VALUE | {"n/a", "tidak ada", "Tidak Ada"}
_JOB = NAMES.index("job")
_COLUMN_OF = {"income_idr": "income"}  # fields of the form that lists call otherwise


class RowReader:
    """Reads the rows of one sheet; repairs and refusals are in `notes`."""

    def __init__(self, header: Layout, sheet: str, *, today: date, programmes: Programmes) -> None:
        """A reader for rows under this header, of people who are to have these programmes."""
        self.sheet = sheet
        self.header = header
        self.today = today
        self._rules = eligibility.rules_on(today)
        self._programmes = programmes
        self.notes: list[Note] = []
        self._has = header.positions.keys()
        self._width = max(header.positions.values()) + 1
        # Fields without a column are read from an empty cell at the end.
        self._pick = itemgetter(*(header.positions.get(name, self._width) for name in FIELDS))
        self.lines = Lines(header)
        self._people = 0
        self._row = 0
        self._cells: Sequence[Cell] = ()
        self._texts: Sequence[str] = ()

    def take(self, row: int, cells: list[Cell]) -> Line:
        """Start with this row; what it is."""
        whole = cells
        if len(cells) != self._width:
            cells = cells[: self._width] + [""] * (self._width - len(cells))
        cells.append("")
        self._row, self._cells = row, self._pick(cells)
        self._texts = _texts(self._cells)
        nik = self._texts[0]
        if len(nik) == 16 and nik.isdecimal():
            self._people += 1
            return Line.PERSON
        line = self.lines.kind(list(map(text_in, whole)), self._people)
        if line is Line.PERSON and not (nik or self._texts[1] or self._has_own_numbers()):
            return Line.NOBODY
        self._people += line is Line.PERSON
        return line

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

    def doubts(self, person: Person) -> tuple[Note, ...]:
        """What the rules of eligibility say about a person, if this is no member yet."""
        job, income = person.plain[_JOB], person.income_idr
        if self._rules.concern_nobody(person.birth_date, job, income):
            return ()
        found = self._rules.find(
            born=person.birth_date, job=job, income_idr=income, programmes=self._programmes
        )
        return tuple(
            Note(
                sheet=self.sheet,
                row=person.row,
                column=self._title(_COLUMN_OF.get(one.about, one.about)),
                problem=one.rule.value,
                shown=one.shown,
                refuses=one.refuses,
            )
            for one in found
        )

    def suggested(self, person: Person) -> Note:
        """That the sector of a new worker was only suggested by the job."""
        column, job = self._title("job"), person.plain[_JOB]
        return Note(self.sheet, person.row, column, "sector_suggested", job)

    def note(self, name: str, problem: str, shown: str | None = None) -> None:
        """Note a problem with this field of the current row."""
        if shown is None:
            shown = self._texts[_AT[name]]
        self.notes.append(Note(self.sheet, self._row, self._title(name), problem, shown))

    def _title(self, name: str) -> str:
        if name == "birth_date" and name not in self._has:
            name = "ttl" if "ttl" in self._has else "nik"
        return self.header.titles.get(name, name.upper())

    def _name(self) -> str:
        cell, name = self._cells[1], self._texts[1]
        plain = tidy_name(name)
        problem = identity.name_problem(plain)
        if plain and not isinstance(cell, str):
            problem = identity.Wrong.NAME_UNREADABLE
        if problem is not None:
            self.note("name", problem.value)
        elif plain != name or has_invisible(cell):
            self.note("name", "name_repaired")
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
        if not identity.has_known_region(nik):
            self.note("nik", identity.Difference.REGION.value, nik.masked)
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
        if born is not None:
            if (wrong := identity.birth_date_problem(born, self.today)) is not None:
                self.note(name, wrong.value)
            elif nik is not None and born != nik.birth_date:
                self.note(name, identity.Difference.BIRTH_DATE.value)
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
            self.note("sex", identity.Difference.SEX.value)
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
        if nik is not None and (wrong := identity.nik_problem(nik, kk)) is not None:
            self.note("nik", wrong.value, nik.masked)
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
