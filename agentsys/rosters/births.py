"""Birth dates in many forms, read with the help of the NIK, which has the date too.

A text that contains the NIK's day, month and year is that date, whatever else it says. One that
contains only a part of it, and nothing else, is completed. Anything that contradicts the NIK is
left to a person.
"""

from __future__ import annotations

import re
from datetime import date
from enum import Enum, auto
from itertools import pairwise

from agentsys.sheets.cells import MONTHS


class Reading(Enum):
    """How a text agrees with a date."""

    SAME = auto()  # it contains day, month and year
    PART = auto()  # it contains nothing else than parts of it, or no date at all
    OTHER = auto()  # it contradicts


DAYS_BETWEEN_SYSTEMS = 1_462  # between the days that Excel's two date systems count from
_LONGEST = 200
_AGE = re.compile(
    r"\([^()]*\)|\b[0-9]{1,3} ?(?:th|thn|tahun|yo)\b\.?(?! ?[0-9])"
    r"|[t ][0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?z?(?![0-9])"
)
_WEEKDAY = re.compile(r",? *\b(senin|selasa|rabu|kamis|jum.?at|sabtu|minggu|ahad)$", re.IGNORECASE)
_TOKEN = re.compile(r"[0-9]+|[a-z]+")
_NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ROMAN = {numeral: number for number, numeral in enumerate(_NUMERALS, start=1)}
_CENTURY = 100


def read_with(text: str, born: date) -> tuple[Reading, str]:
    """How the text agrees with a birth date, and what stands before or behind the date in it."""
    lowered = text[:_LONGEST].lower()
    # Of the same length, so that places in it are places in the text.
    plain = _AGE.sub(lambda found: " " * len(found[0]), lowered)
    text = "".join(old if new != " " else " " for old, new in zip(text, plain, strict=False))
    tokens = [(number, at, end) for number, at, end in _numbers(plain) if number != 0]
    wanted = {born.day, born.month, born.year, born.year % _CENTURY}
    for index in range(len(tokens) - 2):
        three = tokens[index : index + 3]
        if _is_date([number for number, _, _ in three], born):
            around = (
                text[: three[0][1]] + " " + text[three[2][2] : _end_of_date(plain, three[2][2])]
            )
            return Reading.SAME, around
    runs = [match for match in re.finditer(r"[0-9]{6,8}", plain) if _is_run(match[0], born)]
    if runs:
        return Reading.SAME, text[: runs[0].start()] + " " + text[runs[0].end() :]
    if all(number in wanted for number, _, _ in tokens) and _are_different_parts(tokens, born):
        first = min((at for _, at, _ in tokens), default=len(text))
        return Reading.PART, text[:first]
    return Reading.OTHER, ""


def without_weekday(place: str) -> str:
    """A place of birth without the day of the week before the date."""
    return _WEEKDAY.sub("", place)


def _numbers(text: str) -> list[tuple[int, int, int]]:
    """The numbers and names of months, with their places."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        number: int | None
        if word.isdigit():
            number = int(word) if len(word) <= 4 else -1
        else:
            number = MONTHS.get(word)
            if number is None and _stands_between_numbers(text, match):
                number = _ROMAN.get(word)
        if number is not None:
            found.append((number, match.start(), match.end()))
    return found


def _stands_between_numbers(text: str, match: re.Match[str]) -> bool:
    before, after = text[: match.start()].rstrip(" -/."), text[match.end() :].lstrip(" -/.")
    return before[-1:].isdigit() and after[:1].isdigit()


def _is_date(numbers: list[int], born: date) -> bool:
    day, month, year = born.day, born.month, born.year
    short = year % _CENTURY
    return sorted(numbers) in (sorted((day, month, year)), sorted((day, month, short)))


def _is_run(digits: str, born: date) -> bool:
    return digits in (f"{born:%d%m%Y}", f"{born:%Y%m%d}", f"{born:%d%m%y}")


def _are_different_parts(tokens: list[tuple[int, int, int]], born: date) -> bool:
    """Whether each part of the date is there once at most, and a year is not a bare 12."""
    numbers = [number for number, _, _ in tokens]
    if len(numbers) > 2:
        return False
    if len(numbers) == 1:
        return numbers[0] in (born.year, born.day, born.month)
    return all(one != two or born.day == born.month for one, two in pairwise(numbers))


def _end_of_date(plain: str, end: int) -> int:
    """Where the text behind a date ends: before the next digit."""
    digits = re.search(r"[0-9(]", plain[end:])
    return end + digits.start() if digits else len(plain)
