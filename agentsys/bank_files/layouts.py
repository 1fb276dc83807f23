"""Layouts of files for banks: which columns a record has, how wide, and of which characters.

A layout is a TOML file of the package: what a bank asks for is data with a source, not code.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from typing import Any

FORMATS = ("delimited", "fixed", "xlsx")
OF_FILE = ("day", "batch", "debit_account", "count", "total")
OF_TRANSFER = (
    "reference", "account", "holder", "bank", "bank_code", "service", "amount", "remark",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9_]{3,40}")


class LayoutProblem(Exception):
    """A layout that cannot be used; the text says which part, for whoever wrote it."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a record: a fixed text, or a field of the file or of the transfer."""

    field: str = ""
    text: str = ""
    title: str = ""
    width: int = 0  # exactly so many characters; 0: as many as there are
    most: int = 0  # at most; longer names are cut, longer numbers are refused; 0: no limit
    pad: str = " "  # in front of numbers, behind texts
    allowed: str = ""  # the letters that the bank takes, as a class of a regular expression
    upper: bool = False
    decimals: int = 0  # of an amount, after a dot
    format: str = "%Y%m%d"  # of the day


@dataclass(frozen=True, kw_only=True)
class Bank:
    """What a layout calls a bank, and how money goes there."""

    code: str
    service: str = ""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a bank wants a file of transfers."""

    name: str
    label: str
    source: str
    verified: bool  # whether somebody has sent such a file to the bank
    format: str
    file_name: str
    delimiter: str = ";"
    quoted: bool = False
    encoding: str = "ascii"
    line_end: str = "\r\n"
    most_rows: int = 10_000
    remark: str = "Komisi agen"
    needs_debit_account: bool = False
    header: tuple[Column, ...] = ()
    rows: tuple[Column, ...] = ()
    trailer: tuple[Column, ...] = ()
    banks: Mapping[str, Bank] = field(default_factory=dict)  # by its name, without PT, Bank, Tbk


def all_layouts() -> Mapping[str, Layout]:
    """The layouts of the package by name, the general ones first."""
    return _packaged()


def parse(name: str, text: str) -> Layout:
    """A layout from TOML; LayoutProblem says what is wrong with it."""
    if not _NAME.fullmatch(name):
        raise LayoutProblem(f"name {name!r}: small letters, digits and _ only")
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LayoutProblem(f"not TOML: {error}") from error
    for part in ("header", "rows", "trailer"):
        given[part] = tuple(
            _column(part, number, each) for number, each in enumerate(given.get(part, ()), 1)
        )
    given["banks"] = {word.upper(): Bank(**bank) for word, bank in given.get("banks", {}).items()}
    try:
        layout = Layout(name=name, **given)
    except TypeError as error:
        raise LayoutProblem(str(error)) from error
    _check(layout)
    return layout


def _column(part: str, number: int, given: Any) -> Column:
    where = f"{part} {number}"
    try:
        column = Column(**given)
    except TypeError as error:
        raise LayoutProblem(f"{where}: {error}") from error
    known = OF_FILE + (OF_TRANSFER if part == "rows" else ())
    if column.field and column.field not in known:
        raise LayoutProblem(f"{where}: no field {column.field!r}; known: {', '.join(known)}")
    if column.field and column.text:
        raise LayoutProblem(f"{where}: a field or a text, not both")
    if len(column.pad) != 1 or column.width < 0 or column.most < 0:
        raise LayoutProblem(f"{where}: one letter to pad with, and no negative width")
    return column


def _check(layout: Layout) -> None:
    if layout.format not in FORMATS:
        raise LayoutProblem(f"format {layout.format!r}; known: {', '.join(FORMATS)}")
    if not layout.source.strip() or not layout.label.strip():
        raise LayoutProblem("a layout needs a label and a source")
    fields = {column.field for column in layout.rows}
    missing = {"account", "amount", "reference"} - fields
    if missing:
        raise LayoutProblem(f"rows without {', '.join(sorted(missing))}")
    if layout.format == "fixed":
        loose = [c for part in (layout.header, layout.rows, layout.trailer) for c in part]
        if any(not column.width for column in loose):
            raise LayoutProblem("each column of a fixed layout needs a width")
    if layout.format == "xlsx" and not all(column.title for column in layout.rows):
        raise LayoutProblem("each column of a workbook needs a title")
    if "{batch" not in layout.file_name:
        raise LayoutProblem("the file's name needs {batch}, or two files of a day have one name")


@lru_cache
def _packaged() -> Mapping[str, Layout]:
    folder = files("agentsys.bank_files") / "layouts"
    found = [
        parse(each.name.removesuffix(".toml"), each.read_text(encoding="utf-8"))
        for each in folder.iterdir()
        if each.name.endswith(".toml")
    ]
    ordered = sorted(found, key=lambda layout: (not layout.name.startswith("generic"), layout.name))
    return {layout.name: layout for layout in ordered}
