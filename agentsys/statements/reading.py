"""Opening an uploaded statement, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from agentsys.sheets.reader import read_sheets
from agentsys.sheets.refusals import EMPTY, FileRefused
from agentsys.statements.apart import read_apart
from agentsys.statements.bank_messages import kind_of
from agentsys.statements.layouts import Layout, layouts
from agentsys.statements.lines import Declared, Line
from agentsys.statements.tables import TITLES, TableStatement, open_table


class Statement(Protocol):
    """A statement that is being read."""

    @property
    def name(self) -> str:
        """The name of its layout."""

    @property
    def declared(self) -> Declared:
        """What it says about itself; complete once all lines were read."""

    def lines(self) -> Iterator[Line]:
        """The lines, once, in the order of the file."""


@dataclass
class _Message:
    content: bytes
    name: str
    declared: Declared = field(default_factory=Declared)

    def lines(self) -> Iterator[Line]:
        for said in read_apart(self.content, self.name):
            if isinstance(said, Declared):
                self.declared = said
            else:
                yield said


@dataclass
class _Table:
    table: TableStatement

    @property
    def name(self) -> str:
        return self.table.layout.name

    @property
    def declared(self) -> Declared:
        return self.table.declared

    def lines(self) -> Iterator[Line]:
        return self.table.lines()


@contextmanager
def opened(
    content: bytes, *, gateway: bool, known: Mapping[bytes, Layout], today: date
) -> Iterator[Statement]:
    """The statement in a file; NeedsMapping if nobody said what its columns hold.

    `gateway`: of a provider instead of a bank. `known`: layouts that people described for this
    account, by the key of their headings. FileRefused says what is wrong.
    """
    kind = kind_of(content)
    if kind and not gateway:
        yield _Message(content, kind)
        return
    fitting = [layout for layout in layouts().values() if layout.gateway is gateway]
    with closing(read_sheets(content, titles=TITLES)) as sheets:
        sheet = next(sheets, None)
        if sheet is None:
            raise FileRefused(EMPTY)
        yield _Table(open_table(sheet, fitting, today=today, known=known))
