"""The layouts of statements, as data: `layouts/*.toml`, each with its source."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

from agentsys.sheets.tables import word

GENERIC = "generic"
HOLDS = (
    "date",
    "text",
    "reference",
    "amount",
    "mark",
    "debit",
    "credit",
    "balance",
    "fee",
    "tax",
    "net",
)


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column: its title, empty if it has none, and what it holds."""

    title: str
    holds: str = ""
    may_lack: bool = False  # its title


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How one kind of statement is written.

    `amount` is one of `marked` (`287,490.00 DB`), `mark_apart` (the mark has its own column),
    `two_columns` (debit and credit), `signed` and `unsigned` (all money comes in).
    """

    name: str
    title: str
    bank: str
    source: str
    columns: Sequence[Column]
    point: str  # the sign before the hundredths
    days: Sequence[str]
    amount: str
    from_on: date | None = None  # since when statements look like this
    verified: bool = False  # compared with an own file of the bank
    gateway: bool = False
    pending: Sequence[str] = ()
    into: Sequence[str] = ()  # marks of money that came in
    out: Sequence[str] = ()
    commas_in_text: bool = False
    head: Mapping[str, str] = field(default_factory=dict)
    footer: Mapping[str, str] = field(default_factory=dict)

    def places(self, row: Sequence[str]) -> dict[str, list[int]] | None:
        """Where each kind of cell stands, if the row is the line of headings; else None."""
        given = [word(cell) for cell in row]
        if self.gateway:
            return self._anywhere(given)
        for number, column in enumerate(self.columns):
            cell = given[number] if number < len(given) else ""
            if cell != word(column.title) and not (column.may_lack and not cell):
                return None
        return self._standing({number: c.holds for number, c in enumerate(self.columns)})

    def _anywhere(self, given: Sequence[str]) -> dict[str, list[int]] | None:
        wanted = {word(column.title): column.holds for column in self.columns}
        if not wanted.keys() <= set(given):
            return None
        return self._standing({given.index(title): holds for title, holds in wanted.items()})

    @staticmethod
    def _standing(holds: Mapping[int, str]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for number, what in holds.items():
            if what:
                found.setdefault(what, []).append(number)
        return found


@lru_cache(maxsize=1)
def layouts() -> dict[str, Layout]:
    """All layouts of the package, by name."""
    found = {}
    for file in sorted((files(__package__) / "layouts").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            name = file.name.removesuffix(".toml")
            found[name] = _read(name, tomllib.loads(file.read_text("utf-8")))
    return found


def mapped(titles: Sequence[str], mapping: Mapping[str, Any]) -> Layout:
    """The layout that a person described: what each column holds, the days, the decimal sign."""
    holds = [str(each) for each in mapping["holds"]]
    columns = tuple(
        Column(title=title, holds=what) for title, what in zip(titles, holds, strict=True)
    )
    amount = "two_columns" if "debit" in holds or "credit" in holds else "signed"
    if "mark" in holds:
        amount = "mark_apart"
    return Layout(
        name=GENERIC,
        title="Kolom dipilih sendiri",
        bank="",
        source="chosen by a person",
        columns=columns,
        point=str(mapping["point"]),
        days=(str(mapping["days"]), "yyyy-mm-dd"),
        amount=amount,
        pending=("PEND", "NEXT"),
        into=("CR", "K", "C", "KR", "KREDIT", "CREDIT"),
        out=("DB", "D", "DR", "DEBIT", "DEBET"),
        footer={"opening": "Saldo Awal", "closing": "Saldo Akhir"},
    )


def headings_key(titles: Sequence[str]) -> bytes:
    """What remembers a mapping: equal for equal headings, however they are spaced."""
    return hashlib.sha256("|".join(word(title) for title in titles).encode()).digest()


def _read(name: str, data: Mapping[str, Any]) -> Layout:
    return Layout(
        name=name,
        columns=tuple(Column(**column) for column in data["columns"]),
        into=tuple(data.get("in", ())),
        **{key: value for key, value in data.items() if key not in ("columns", "in")},
    )
