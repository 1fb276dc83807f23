"""Amounts and days as a layout writes them, never as a locale would.

Statements write `287,490.00` or `807400.00`, the reverse of Indonesian habit. So each layout says
which sign stands before the hundredths, and an amount in another style is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from agentsys.money import MAX_IDR

_LONGEST = 40
# By the sign before the hundredths: grouped by the other sign, plain, or hundredths alone.
_STYLES = {
    point: re.compile(
        rf"(-?)(?:([0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]{{1,16}})(?:{sign}([0-9]{{1,2}}))?"
        rf"|{sign}([0-9]{{1,2}}))(-?)"
    )
    for point, sign, group in ((".", r"\.", ","), (",", ",", r"\."))
}
_YEARLESS = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})")
_MARKED = re.compile(r"(.*?)\s*([A-Z]{1,3})", re.DOTALL)


def sen_in(text: str, *, point: str) -> int:
    """Hundredths of rupiah; 0 for an empty cell; ValueError in another style than the layout's."""
    cleaned = text.strip().removeprefix("Rp").strip()
    if not cleaned:
        return 0
    match = _STYLES[point].fullmatch(cleaned) if len(cleaned) <= _LONGEST else None
    if match is None or (match[1] and match[5]):
        raise ValueError(text[:_LONGEST])
    whole = int(re.sub(r"[.,]", "", match[2] or "0"))
    if whole > MAX_IDR:
        raise ValueError(text[:_LONGEST])
    sen = whole * 100 + int((match[3] or match[4] or "0").ljust(2, "0"))
    return -sen if match[1] or match[5] else sen


def marked_in(text: str) -> tuple[str, str]:
    """An amount with a mark behind it, such as `287,490.00 DB`, in its two parts."""
    match = _MARKED.fullmatch(text.strip().upper()) if len(text) <= _LONGEST else None
    return (match[1], match[2]) if match else (text, "")


def parts_of(sen: int) -> tuple[int, int]:
    """Hundredths as whole rupiah and what is left, both with the sign of the sum."""
    whole, rest = divmod(abs(sen), 100)
    return (-whole, -rest) if sen < 0 else (whole, rest)


def day_in(text: str, *, styles: Sequence[str], latest: date) -> date:
    """The day in one of the styles; ValueError for anything else, and for a day after `latest`.

    A day without a year is the newest one that is not after `latest`: a statement covers less
    than a year, and ends on the day when it was made.
    """
    cleaned = text.strip()
    for style in styles:
        found = _day(cleaned, style, latest)
        if found is not None:
            if found > latest:
                raise ValueError(cleaned[:_LONGEST])
            return found
    raise ValueError(cleaned[:_LONGEST])


def _day(text: str, style: str, latest: date) -> date | None:
    if style == "dd/mm":
        match = _YEARLESS.fullmatch(text)
        return _newest(int(match[2]), int(match[1]), latest) if match else None
    pattern, order = _FULL[style]
    found = pattern.match(text)
    if found is None:
        return None
    day, month, year = (int(found[place]) for place in order)
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _newest(month: int, day: int, latest: date) -> date | None:
    for year in range(latest.year, latest.year - 8, -1):  # a 29 February may be years ago
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= latest:
            return found
    return None


# The pattern of each style, and which of its groups are day, month and year.
_FULL = {
    "dd/mm/yyyy": (re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})(?![0-9])"), (1, 2, 3)),
    "dd/mm/yy": (re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{2})(?![0-9])"), (1, 2, 3)),
    "yyyy-mm-dd": (re.compile(r"([0-9]{4})[/-]([0-9]{1,2})[/-]([0-9]{1,2})(?![0-9])"), (3, 2, 1)),
    "yyyymmdd": (re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?![0-9])"), (3, 2, 1)),
    "mm/dd/yyyy": (re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})(?![0-9])"), (2, 1, 3)),
}
STYLES = ("dd/mm", *_FULL)
AHEAD = timedelta(days=1)  # a bank east of us is a day ahead at most
