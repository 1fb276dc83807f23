"""The data of one row of a roster."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from operator import attrgetter
from typing import NamedTuple

from agentsys.rosters.places import NOWHERE, Place


class Heir(NamedTuple):
    """An heir as a list names one; an empty text is an empty cell."""

    name: str
    nik_masked: str
    relation: str  # as it is written
    phone: str


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
    heir: Heir | None = None
    place: Place = NOWHERE  # its ecosystem and group

    def content(self) -> int:
        """A hash of all fields, to distinguish a repeated row from a contradicting one."""
        return hash(_CONTENT(self))


_CONTENT = attrgetter(*(field.name for field in fields(Person) if field.name != "row"))
