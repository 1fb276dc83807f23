"""Parsing one cell of a roster: text, date, sex or income, as offices write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from agentsys.money import said_rupiah
from agentsys.names import visible
from agentsys.sheets.reader import Cell

_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/. ]{1,3}([0-9]{1,2})[-/. ]{1,3}([0-9]{4}|[0-9]{2})")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})([ T]00:00(:00)?)?")
_NAMED_MONTH = re.compile(r"([0-9]{1,2})[-/. ]*([A-Za-z]{3,9})[-/., ]*([0-9]{4}|[0-9]{2})")
_RUN_TOGETHER = re.compile(r"([0-9]{2})([0-9]{2})((?:19|20)[0-9]{2})")
# Four digits are a year alone; as an Excel date serial they would be a day before 1928.
_SERIAL = re.compile(r"[0-9]{5}(\.0+)?")
_PLACE_AND_DATE = re.compile(r"([^0-9]*)([0-9].*)?", re.DOTALL)
# Day 0 of Excel, which counts a 29 February 1900 that did not exist.
_ZERO_DAY = date(1899, 12, 30)
_SERIALS = range(10_000, 60_000)
_FIRST_YEAR = 1900  # in an earlier birth year a digit is missing or mistyped
_LEAST_INCOME = 1_000
_MOST_INCOME = 10**10

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january",
            "feb peb februari pebruari february",
            "mar mrt maret march",
            "apr april",
            "mei may",
            "jun juni june",
            "jul juli july",
            "agu agt agts ags agus agust agustus aug august",
            "sep sept september",
            "okt oktober oct october",
            "nov nop november nopember",
            "des desember dec december",
        ),
        start=1,
    )
    for name in names.split()
}

_SEXES = {
    "L": "L laki lakilaki lk pria male cowok m",
    "P": "P perempuan pr prp wanita female cewek f w",
}
_SEX_CODES = {"1": "L", "2": "P"}  # in surveys and registers
SEX_WORDS = {word.lower(): sex for sex, words in _SEXES.items() for word in words.split()}


def text_in(cell: Cell) -> str:
    """The cell's text with single spaces and nothing invisible; formula-like text stays text."""
    if type(cell) is str:
        return visible(cell)
    return _text_of_other(cell)


def has_invisible(cell: Cell) -> bool:
    """Whether the cell has invisible characters other than white space."""
    if not isinstance(cell, str) or cell.isprintable():
        return False
    return any(not sign.isprintable() and not sign.isspace() for sign in cell)


def date_in(cell: Cell) -> tuple[date | None, bool]:
    """The date, None if it cannot be read; and whether it was a spreadsheet's serial number."""
    text = text_in(cell)
    if match := _DAY_FIRST.fullmatch(text):
        return _date(_year(match[3]), int(match[2]), int(match[1])), False
    if _SERIAL.fullmatch(text) and (days := int(text.split(".")[0])) in _SERIALS:
        return _ZERO_DAY + timedelta(days=days), True
    return _date_in_words(text), False


def _date_in_words(text: str) -> date | None:
    if match := _YEAR_FIRST.fullmatch(text):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if match := _NAMED_MONTH.fullmatch(text):
        return _date(_year(match[3]), MONTHS.get(match[2].lower(), 0), int(match[1]))
    if match := _RUN_TOGETHER.fullmatch(text):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    return None


def month_first(cell: Cell) -> date | None:
    """The date read as month-day-year; None if that is impossible."""
    match = _DAY_FIRST.fullmatch(text_in(cell))
    return _date(_year(match[3]), int(match[1]), int(match[2])) if match else None


def place_and_date(cell: Cell) -> tuple[str, Cell]:
    """`Bontang, 12-03-1980` in its two parts; either may be missing."""
    if not isinstance(cell, str):
        return "", cell
    match = _PLACE_AND_DATE.fullmatch(text_in(cell))
    assert match is not None
    return match[1].strip(" ,.;:/-"), (match[2] or "").strip(" ,.;")


def sex_in(cell: Cell) -> str:
    """L or P; an empty text if the word is unknown."""
    if cell in ("L", "P"):
        return str(cell)
    text = text_in(cell)
    if text in _SEX_CODES:
        return _SEX_CODES[text]
    return SEX_WORDS.get(re.sub(r"[^a-z]", "", text.lower()), "")


def income_in(cell: Cell) -> tuple[int | None, bool]:
    """The monthly income in rupiah, None if unreadable, and whether it was interpreted."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _likely(cell), False
    try:
        amount, in_words = said_rupiah(text_in(cell))
    except ValueError:
        return None, False
    if in_words:
        return (amount, True) if amount <= _MOST_INCOME else (None, False)
    return _likely(amount), False


def _likely(amount: float) -> int | None:
    """Rupiah per month; None for small numbers such as 1.5 or 2, which may mean millions."""
    return int(amount) if amount == 0 or _LEAST_INCOME <= amount <= _MOST_INCOME else None


def _text_of_other(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, list):
        return cell[0]
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    return str(cell)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    # Nobody on a roster of workers was born after 2020.
    return 2000 + int(text) if int(text) <= 20 else 1900 + int(text)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if year >= _FIRST_YEAR else None
    except ValueError:
        return None
