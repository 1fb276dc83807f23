"""A report as titled tables, for the page, the spreadsheet and the PDF alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from agentsys.web.texts import decimal, num, rp


class Kind(Enum):
    """What the cells of a column hold."""

    TEXT = auto()
    COUNT = auto()
    IDR = auto()
    PERCENT = auto()


Cell = str | int | float | None


@dataclass(frozen=True)
class Head:
    """The title of a column, and what its cells hold."""

    title: str
    kind: Kind = Kind.TEXT

    @property
    def right(self) -> bool:
        """Whether the cells are aligned right."""
        return self.kind is not Kind.TEXT


@dataclass(frozen=True, kw_only=True)
class Section:
    """One table of a report; `note` says how its numbers are counted."""

    id: str
    title: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    total: Sequence[Cell] = ()
    note: str = ""

    def shown(self, row: Sequence[Cell]) -> list[str]:
        """The cells of a row as people read them."""
        return [shown(cell, head.kind) for cell, head in zip(row, self.heads, strict=True)]


def shown(cell: Cell, kind: Kind) -> str:
    """A cell as people read it; a dash for what is not known."""
    if cell is None:
        return "–"
    if kind is Kind.PERCENT:
        return f"{decimal(float(cell))}%"
    if isinstance(cell, int):
        return rp(cell) if kind is Kind.IDR else num(cell)
    return str(cell)
