"""Reading a roster in batches of people, encrypted and ready for COPY."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice
from typing import NamedTuple

from agentsys.crypto import Vault
from agentsys.rosters import places
from agentsys.rosters.columns import TITLES, named
from agentsys.rosters.layout import SAMPLE_ROWS, Layout, best_guess, find_layout
from agentsys.rosters.lines import Line
from agentsys.rosters.person import Heir, Person
from agentsys.rosters.problems import Effect, Note
from agentsys.rosters.rows import RowReader
from agentsys.rosters.seen import Place, Seen
from agentsys.sheets.reader import Cell, Sheet, read_sheets
from agentsys.sheets.refusals import FileRefused
from agentsys.workers import seals
from agentsys.workers.columns import NAMES
from agentsys.workers.kinds import Programmes, Sector
from agentsys.workers.nik import mask
from agentsys.workers.sector import suggest

BATCH_ROWS = 4_000
FIRST_ROWS = 1_000  # the first one is small, so that the database can start early
_SUSPICIOUS_SHARE = 0.3  # of NIKs that end in 0; a tenth is normal
_SUSPICIOUS_FROM = 20
_TOO_MANY = (
    "Daftar ini lebih dari {row_limit} baris."
    " Simpan sebagai CSV, bagi menjadi beberapa berkas, lalu unggah satu per satu."
)
_CLASH = (
    "Lembar {sheet}: kolom {titles} mengisi data yang sama dengan isi yang berbeda. Sisakan satu,"
    " atau pilih kolom yang benar, lalu unggah lagi."
)
_NO_ROWS = "Tidak ada baris pekerja di bawah judul kolom. Isi daftarnya, lalu unggah lagi."
_GIVE_TITLES = " Beri judul kolom NIK dan NAMA LENGKAP dalam satu baris, lalu unggah lagi."
NO_NIK_NOR_NAME = "Kolom NIK dan NAMA tidak ditemukan di 20 baris pertama." + _GIVE_TITLES
# By guessed field. Pages translate the stored text, so it has no placeholders.
_NO_HEADER = {
    frozenset(): NO_NIK_NOR_NAME,
    frozenset({"nik"}): "Kolom NAMA tidak ditemukan di 20 baris pertama." + _GIVE_TITLES,
    frozenset({"name"}): "Kolom NIK tidak ditemukan di 20 baris pertama." + _GIVE_TITLES,
    frozenset({"nik", "name"}): NO_NIK_NOR_NAME,  # never in one row
}

# The columns of a line, in its order.
COLUMNS = ", ".join(
    [
        "nik_sealed, nik_index, nik_masked, kk_sealed, kk_index, sector, name, birth_place",
        "birth_date, sex, phone, kpj",
        *NAMES,
    ]
)
_JOB = NAMES.index("job")  # tells the sector

__all__ = ["COLUMNS", "Batch", "Entry", "Place", "read_batches"]


class Entry(NamedTuple):
    """A person ready for the database."""

    row: int
    nik_index: bytes
    line: str  # the cells in COPY's text format
    income_idr: int | None
    suggests: bool = False  # whether the job suggests a sector
    doubts: tuple[Note, ...] = ()  # about somebody who is no member yet
    heir: Heir | None = None
    place: places.Place = places.NOWHERE
    has_kpj: bool = False  # registered by BPJS already


@dataclass
class Batch:
    """Some rows of one sheet: their people, the notes, and the progress in the file."""

    sheet: str = ""
    entries: list[Entry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    rows: int = 0  # data rows, including refused and repeated ones
    repeats: list[tuple[Note, Place]] = field(default_factory=list)  # and which row they repeat
    repaired: set[int] = field(default_factory=set)  # rows with repaired cells
    expected: int = 0  # estimated number of rows of the sheets so far
    nobody: int = 0  # lines that are about nobody: totals, signatures, repeated titles
    hidden: int = 0  # hidden lines that were left out
    heirs: int = 0  # people with an heir in the list
    further: tuple[str, ...] = ()  # sheets without people, in the last batch


def read_batches(
    content: bytes,
    *,
    vault: Vault,
    today: date,
    row_limit: int,
    programmes: Programmes,
    mapping: Mapping[str, str] | None = None,
    take_hidden: bool = False,
) -> Generator[Batch, None, None]:
    """The roster's people, in batches; FileRefused if the file is no roster.

    `mapping` names the field of each title, as `layout.look` writes it; titles without one are
    left out. None stands for what the titles and values suggest. Hidden rows and columns are left
    out unless `take_hidden`.
    """
    seen, found = Seen(), False
    guessed: set[str] = set()
    notes: list[Note] = []
    further: list[str] = []
    rows = expected = 0
    sheets = named(read_sheets(content, titles=TITLES))
    del content  # the parser has it, and a large list needs the memory
    for name, sheet in sheets:
        first = list(islice(sheet.rows, SAMPLE_ROWS))
        layout = find_layout(first, sheet=sheet, mapping=mapping, take_hidden=take_hidden)
        if layout is None:
            guessed |= best_guess(first)
            further += [name] * any(map(any, first))
            continue
        _refuse_a_clash(name, layout)
        notes += _left_out(name, sheet, layout, take_hidden=take_hidden)
        found = True
        expected += max(0, sheet.size - layout.row)
        reader = RowReader(layout, name, today=today, programmes=programmes)
        reader.prepare(first[: layout.row], sheet.merged)
        numbered = enumerate(chain(first[layout.row :], sheet.rows), start=layout.row + 1)
        hidden = () if take_hidden else sheet.hidden_rows
        for batch in _batches_of(reader, numbered, hidden, seen, vault):
            rows += batch.rows
            batch.expected = max(expected, rows)
            if rows > row_limit:
                raise FileRefused(_TOO_MANY, row_limit=row_limit, rows=rows)
            yield batch
    if not found:
        raise FileRefused(_NO_HEADER[frozenset(guessed & {"nik", "name"})])
    if rows == 0:
        raise FileRefused(_NO_ROWS)
    notes += [Note(name, 1, "", "sheet_ignored", "") for name in further] + _suspicion(seen)
    yield Batch(notes=notes, expected=rows, further=tuple(further))


def _refuse_a_clash(name: str, layout: Layout) -> None:
    if layout.clash:
        shown = " dan ".join(f"“{title}”" for title in layout.clash)
        raise FileRefused(_CLASH, sheet=name, titles=shown)


def _left_out(name: str, sheet: Sheet, layout: Layout, *, take_hidden: bool) -> list[Note]:
    """What of a sheet is not read: columns that another one doubles, and what is hidden."""
    notes = [Note(name, layout.row, title, "column_double", "") for title in layout.doubles]
    if "heir_name" in layout.positions:
        notes.append(Note(name, layout.row, layout.titles["heir_name"], "heirs_of_new_workers", ""))
    if take_hidden:
        return notes
    for at, title, _ in layout.columns:
        if any(first <= at <= last for first, last in sheet.hidden_columns):
            notes.append(Note(name, layout.row, title, "columns_hidden", ""))
    count = sum(last - first + 1 for first, last in sheet.hidden_rows if last > layout.row)
    if count:
        notes.append(Note(name, layout.row, "", "rows_hidden", f"{count} baris"))
    return notes


def _batches_of(
    reader: RowReader,
    numbered: Iterator[tuple[int, list[Cell]]],
    hidden: Sequence[tuple[int, int]],
    seen: Seen,
    vault: Vault,
) -> Iterator[Batch]:
    batch = Batch(reader.sheet, notes=reader.notes)
    size = FIRST_ROWS
    if hidden:
        numbered = _shown(numbered, hidden, lambda: batch)
    for number, cells in numbered:
        line = reader.take(number, cells)
        if line is not Line.PERSON:
            batch.nobody += line is Line.NOBODY
            continue
        batch.rows += 1
        noted = len(reader.notes)
        person = reader.read()
        if person is not None and _is_new(person, batch, reader, seen):
            batch.entries.append(_entry(person, vault, reader))
            batch.heirs += person.heir is not None
        if len(reader.notes) > noted and _was_repaired(reader.notes[noted:]):
            batch.repaired.add(number)
        if batch.rows >= size:
            yield batch
            size = BATCH_ROWS
            reader.notes = []
            batch = Batch(reader.sheet, notes=reader.notes)
    yield batch


def _shown(
    numbered: Iterator[tuple[int, list[Cell]]],
    hidden: Sequence[tuple[int, int]],
    batch: Callable[[], Batch],
) -> Iterator[tuple[int, list[Cell]]]:
    """The rows that are not hidden; the others are counted, unless they are empty."""
    ranges = iter(hidden)
    first, last = next(ranges)
    for number, cells in numbered:
        while number > last:
            first, last = next(ranges, (sys.maxsize, sys.maxsize))
        if number < first:
            yield number, cells
        elif any(cells):
            batch().hidden += 1


def _is_new(person: Person, batch: Batch, reader: RowReader, seen: Seen) -> bool:
    """Whether this NIK is new in the file; a repetition is noted."""
    place = (reader.sheet, person.row)
    known = seen.first(person.nik, person.content(), place)
    if known is None:
        return True
    is_same, (sheet, row) = known
    where = f"baris {row}" if sheet == reader.sheet else f"{sheet}, baris {row}"
    shown = f"{mask(person.nik)} ({where})"
    if is_same:
        reader.note("nik", "duplicate_same", shown)
        batch.repeats.append((reader.notes[-1], (sheet, row)))
    else:
        reader.note("nik", "duplicate_differs", shown)
    return False


def _was_repaired(notes: list[Note]) -> bool:
    effects = {note.effect for note in notes}
    return Effect.REPAIRED in effects and Effect.REFUSED not in effects


def _entry(person: Person, vault: Vault, reader: RowReader) -> Entry:
    nik, kk = person.nik, person.kk
    index = vault.index(nik)
    sealed = f"{_hex(vault.seal(nik, seals.nik_of(index)))}\t{_hex(index)}\t{mask(nik)}"
    family = r"\N" "\t" r"\N"
    if kk:
        family = f"{_hex(vault.seal(kk, seals.kk_of(index)))}\t{_hex(vault.index(kk))}"
    doubts = reader.doubts(person)
    suggested = suggest(person.plain[_JOB])
    sector = suggested.sector if suggested else Sector.OTHER
    if sector is Sector.TRANSPORT:
        doubts += (reader.suggested(person),)
    line = f"{sealed}\t{family}\t{sector}\t{_texts(person)}"
    return Entry(
        person.row,
        index,
        line,
        person.income_idr,
        suggested is not None,
        doubts,
        person.heir,
        person.place,
        bool(person.kpj),
    )


def _hex(value: bytes) -> str:
    return rf"\\x{value.hex()}"


def _texts(person: Person) -> str:
    texts = (
        person.name,
        person.birth_place,
        person.birth_date.isoformat(),
        person.sex,
        person.phone,
        person.kpj,
        *person.plain,
    )
    # The reader removed tabs and line ends; only backslashes must be escaped.
    return "\t".join(texts).replace("\\", r"\\")


def _suspicion(seen: Seen) -> list[Note]:
    count = len(seen.people)
    if count < _SUSPICIOUS_FROM or seen.end_in_zero < count * _SUSPICIOUS_SHARE:
        return []
    return [Note("", 1, "NIK", "niks_end_in_zero", f"{seen.end_in_zero} dari {count} NIK")]
