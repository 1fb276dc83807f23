"""Turning one row of a roster into a person, or into the reasons of its refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from agentsys.names import tidy_name
from agentsys.rosters import births, places, status
from agentsys.rosters.fields import AT, FIELDS, FieldReader, masked, texts_of
from agentsys.rosters.layout import Layout
from agentsys.rosters.lines import Line, Lines
from agentsys.rosters.made import Merged, made
from agentsys.rosters.person import Heir, Person
from agentsys.rosters.problems import Effect, Note
from agentsys.rosters.relations import relation_of
from agentsys.rosters.titles import HEIRS, STATES
from agentsys.sheets.cells import date_in, has_invisible, month_first, place_and_date, text_in
from agentsys.sheets.reader import Cell
from agentsys.workers import eligibility, identity
from agentsys.workers.columns import NAMES
from agentsys.workers.kinds import Programmes
from agentsys.workers.nik import Nik, NikProblem, NikRefused, mask, normalise, parse

_PLACE_LENGTH = 80
_JOB = NAMES.index("job")
_COLUMN_OF = {"income_idr": "income"}  # fields of the form that lists call otherwise
_NAME_LENGTH = 120

__all__ = ["FIELDS", "RowReader"]


class RowReader(FieldReader):
    """Reads the rows of one sheet; repairs and refusals are in `notes`."""

    def __init__(
        self,
        layout: Layout,
        sheet: str,
        *,
        today: date,
        programmes: Programmes,
    ) -> None:
        """A reader for rows under these titles, of people who are to have these programmes."""
        super().__init__(layout, sheet, today=today)
        self._rules = eligibility.rules_on(today)
        self._programmes = programmes
        self._lines = Lines(layout)
        self._merged: Merged | None = None
        self._people = 0
        self._width = max(layout.positions.values()) + 1
        # Fields without a column are read from an empty cell at the end; made ones follow it.
        makes = made(layout)
        self._makes = list(makes.values())
        beside = {name: self._width + 1 + number for number, name in enumerate(makes)}
        positions = layout.positions | beside
        self._pick = self.picker(positions, self._width)
        self._states = [(name, AT[name]) for name in STATES if name in positions]
        self._placed = any(name in positions for name in places.FIELDS)
        self._heirs = any(name in positions for name in HEIRS)
        self._birth = "birth_date" if "birth_date" in positions else "ttl"

    def prepare(
        self, above: Sequence[Sequence[Cell]], merged: Sequence[tuple[int, int, int, int]]
    ) -> None:
        """Look at the lines before the first row, and remember the merged cells."""
        self._lines.look_above(above)
        found = Merged(self.layout, merged)
        self._merged = found if found else None

    def take(self, row: int, cells: list[Cell]) -> Line:
        """Start with this row; what it is."""
        if self._merged:
            self._merged.fill(row, cells)
        whole = cells
        if len(cells) != self._width:
            cells = cells[: self._width] + [""] * (self._width - len(cells))
        cells.append("")
        for make in self._makes:
            cells.append(make(cells))
        self._row, self._cells = row, self._pick(cells)
        self._texts = texts_of(self._cells)
        nik = self._texts[0]
        if len(nik) == 16 and nik.isdecimal() and self._texts[1] and row > self._lines.sure_after:
            self._people += 1
            return Line.PERSON
        line = self._lines.kind(list(map(text_in, whole)), self._people)
        if line is Line.PERSON and not (nik or self._texts[1] or self.has_own_numbers()):
            return Line.NOBODY
        self._people += line is Line.PERSON
        return line

    def read(self) -> Person | None:
        """The person of the current row; None if it is refused, with a note."""
        first_note = len(self.notes)
        name = self._name()
        place, born_cell = self._birth_cells()
        born, as_serial = date_in(born_cell)
        nik = self._nik(born)
        if nik is not None and born is None and born_cell:
            place = self._place_beside(born_cell, nik.birth_date) or place
        birth_date = self._birth_date(nik, born, born_cell, as_serial=as_serial)
        sex, plain = self.sex(nik), self.plain()
        phone, income, kpj = self.phone(), self.income(), self.kpj()
        kk = self.kk(nik, self._lines.family)
        if self._states:
            self._status()
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
            heir=self._heir() if self._heirs else None,
            place=self._place() if self._placed else places.NOWHERE,
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
                column=self.title(_COLUMN_OF.get(one.about, one.about)),
                problem=one.rule.value,
                shown=one.shown,
                refuses=one.refuses,
            )
            for one in found
        )

    def suggested(self, person: Person) -> Note:
        """That the sector of a new worker was only suggested by the job."""
        column, job = self.title("job"), person.plain[_JOB]
        return Note(self.sheet, person.row, column, "sector_suggested", job)

    def _name(self) -> str:
        cell, name = self._cells[1], self._texts[1]
        plain = tidy_name(name)
        problem = identity.name_problem(plain)
        if plain and not isinstance(cell, str):
            problem = identity.Wrong.NAME_UNREADABLE
        if problem is not None:
            self.note("name", problem.value, text_in(cell))
        elif status.is_late(plain):
            self.note("name", "status_dead")
        elif plain != name or has_invisible(cell):
            self.note("name", "name_repaired")
        return plain

    def _nik(self, born: date | None) -> Nik | None:
        cell = self._cells[0]
        try:
            if not self._texts[0]:
                raise NikRefused(NikProblem.MISSING)  # villages' software writes 0 for none
            if not isinstance(cell, str):
                # Above 2^53 a spreadsheet's number has lost digits, so it is refused.
                raise NikRefused(NikProblem.NUMBER)
            nik = parse(cell, born=born, today=self.today)
        except NikRefused as refused:
            self.note("nik", refused.problem.value, masked(cell))
            return None
        if nik.text != cell:
            self.note("nik", "nik_repaired", nik.masked)
        if not identity.has_known_region(nik):
            self.note("nik", identity.Difference.REGION.value, nik.masked)
        return nik

    def _birth_cells(self) -> tuple[str, Cell]:
        place = self._texts[AT["birth_place"]]
        if self._birth == "birth_date":
            return place[:_PLACE_LENGTH], self._texts[AT["birth_date"]]
        ttl_place, born = place_and_date(self._texts[AT["ttl"]])
        if "," in ttl_place:
            ttl_place = births.without_weekday(ttl_place)
        return (ttl_place or place)[:_PLACE_LENGTH], born

    def _place_beside(self, cell: Cell, born: date) -> str:
        """The place of birth in a text whose date could only be read with the NIK."""
        if self._birth == "birth_date" and self._texts[AT["birth_place"]]:
            return ""
        text = self._texts[AT[self._birth]]
        reading, beside = births.read_with(text, born)
        if reading is births.Reading.OTHER:
            return ""
        return beside.strip(" ,.;:/-")[:_PLACE_LENGTH]

    def _birth_date(
        self, nik: Nik | None, born: date | None, cell: Cell, *, as_serial: bool
    ) -> date | None:
        if nik is not None and born != nik.birth_date:
            said = self._with_nik(nik.birth_date, born, cell)
            if said:
                self.note(self._birth, said)
                return nik.birth_date
        if as_serial:
            self.note(self._birth, "birth_date_serial")
        if born is not None:
            if (wrong := identity.birth_date_problem(born, self.today)) is not None:
                self.note(self._birth, wrong.value)
            elif nik is not None and born != nik.birth_date:
                self.note(self._birth, identity.Difference.BIRTH_DATE.value)
            return born
        if not cell:
            if self._birth in self._has and nik is not None:
                self.note(self._birth, "birth_date_from_nik")
            return nik.birth_date if nik else None
        self.note(self._birth, "birth_date_unreadable")
        return None

    def _with_nik(self, known: date, born: date | None, cell: Cell) -> str:
        """The repair that makes the cell the NIK's date; empty if it contradicts."""
        if month_first(cell) == known:
            return "birth_date_swapped"
        if born is not None:
            apart = abs((born - known).days)
            return "birth_date_1904" if apart == births.DAYS_BETWEEN_SYSTEMS else ""
        if not cell:
            return ""
        reading, _ = births.read_with(self._texts[AT[self._birth]], known)
        if reading is births.Reading.SAME:
            return "birth_date_matched"
        return "birth_date_completed" if reading is births.Reading.PART else ""

    def _status(self) -> None:
        for name, at in self._states:
            if text := self._texts[at]:
                coded = name == "status_code"
                problem = status.problem_of_code(text) if coded else status.problem_of(text)
                if problem:
                    self.note(name, problem)
                    return

    def _place(self) -> places.Place:
        place, problems = places.place_in(self._texts[AT[places.FIELDS[0]] :])
        for name, problem in problems:
            self.note(name, problem)
        return place

    def _heir(self) -> Heir | None:
        texts = dict(zip(HEIRS, self._texts[AT["heir_name"] :], strict=False))
        name = tidy_name(texts["heir_name"])[:_NAME_LENGTH]
        if identity.name_problem(name) is not None:
            return None
        nik = mask(normalise(texts.get("heir_nik", "")))
        phone, relation = texts.get("heir_phone", ""), texts.get("heir_relation", "")
        if not relation_of(relation):
            self.note("heir_name", "heir_relation_unknown", relation)
        return Heir(name, nik, relation, phone)
