"""Reading a list without a database, and what was read of it in plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from agentsys.crypto import Vault
from agentsys.rosters.people import COLUMNS, Batch, read_batches
from agentsys.rosters.person import Heir
from agentsys.rosters.problems import Effect
from agentsys.workers.kinds import Programmes

TODAY = date(2026, 11, 25)
_NAMES = COLUMNS.split(", ")


class Person(NamedTuple):
    """Somebody who was taken."""

    row: int
    nik_masked: str
    name: str
    birth_place: str
    birth_date: date
    sex: str
    phone: str
    job: str
    business: str
    address: str
    kelurahan: str
    income_idr: int | None
    family: int | None  # the same number for the same family card
    heir: Heir | None


@dataclass
class Result:
    """What a list says."""

    people: list[Person] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)  # by row: the first problem
    notes: list[tuple[int, str]] = field(default_factory=list)
    repaired: dict[int, str] = field(default_factory=dict)
    rows: int = 0
    nobody: int = 0
    hidden: int = 0
    further: tuple[str, ...] = ()


def read(content: bytes, **changed: object) -> Iterator[Batch]:
    """The batches of a list."""
    given = {
        "vault": Vault({1: bytes(32)}, bytes(32)),
        "today": TODAY,
        "row_limit": 100_000,
        "programmes": Programmes.TWO,
    } | changed
    return read_batches(content, **given)  # type: ignore[arg-type]


def taken(content: bytes, **changed: object) -> Result:
    """What is read of a list."""
    result, families = Result(), dict[str, int]()
    for batch in read(content, **changed):
        result.rows += batch.rows
        result.nobody += batch.nobody
        result.hidden += batch.hidden
        result.further += batch.further
        notes = [*batch.notes, *(note for entry in batch.entries for note in entry.doubts)]
        result.notes += [(note.row, note.problem) for note in notes]
        for note in notes:
            if note.effect is Effect.REFUSED:
                result.refused.setdefault(note.row, note.problem)
            elif note.effect is Effect.REPAIRED:
                result.repaired.setdefault(note.row, note.problem)
        for entry in batch.entries:
            if entry.row not in result.refused:
                cells = dict(zip(_NAMES, entry.line.split("\t"), strict=False))
                card = cells["kk_index"]
                family = None if card == r"\N" else families.setdefault(card, len(families))
                born = date.fromisoformat(cells["birth_date"])
                own = {name: cells[name] for name in Person._fields if name in cells}
                own |= {"row": entry.row, "birth_date": born, "income_idr": entry.income_idr}
                result.people.append(Person(**own, family=family, heir=entry.heir))  # type: ignore[arg-type]
    return result
