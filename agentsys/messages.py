"""Sentences with {places}: the catalogue translates the text, and values are formatted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from agentsys.money import format_idr
from agentsys.months import HEAD_OFFICE

ZONE_NAMES = {"Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT"}

_PLACE = re.compile(r"\{(\w+)\}")
_BRACE = re.compile(r"\{\w+\}|[{}]")
_MONTH = re.compile(r"(\w+_)?months?")


@dataclass(frozen=True, kw_only=True)
class Message:
    """A sentence with placeholders, and their values: a refusal, or the reason of a line.

    The names decide the format: integers named `…_idr` are rupiah, dates named `month` or
    `…_month` are months and others days, integers named `…_id` have no separators, and the items
    of a list (of months: `months`) are joined with commas. The reason of a commission line is
    stored as JSON, so its values must be texts and integers.
    """

    text: str  # an Indonesian sentence with {named} places
    values: Mapping[str, object] = field(default_factory=dict)

    def sentence(self) -> str:
        """The reason as an Indonesian sentence."""
        return fill(self.text, self.values)

    def holes(self) -> list[str]:
        """Placeholders without a value, and braces that are no placeholder."""
        return [found for found in _BRACE.findall(self.text) if found[1:-1] not in self.values]


def fill(
    text: str,
    values: Mapping[str, object],
    language: str = "id",
    zone: ZoneInfo = HEAD_OFFICE,
) -> str:
    """The text with its values; placeholders without a value, and other braces, stay unchanged."""

    def shown(place: re.Match[str]) -> str:
        name = place[1]
        return _reading(name, values[name], language, zone) if name in values else place[0]

    return _PLACE.sub(shown, text)


def format_number(number: int, language: str = "id") -> str:
    """`34.782` in Indonesian, `34,782` in English."""
    text = f"{number:,}"
    return text.replace(",", ".") if language == "id" else text


def format_month(value: date, language: str = "id") -> str:
    """`November 2026`."""
    return date_words(value, "MMMM y", language)


def format_day(value: date | datetime, language: str = "id", zone: ZoneInfo = HEAD_OFFICE) -> str:
    """`22 Nov 2026`, on the clock of the zone."""
    local = _local(value, zone).date() if isinstance(value, datetime) else value
    return date_words(local, "d MMM y", language)


@lru_cache(maxsize=4_000)
def date_words(value: date, pattern: str, language: str) -> str:
    """A date in one of Babel's patterns; cached, since the rows of a list share few dates."""
    # Imported with the first date: a quarter of the time in which the reader of a list starts.
    from babel.dates import format_date

    return str(format_date(value, pattern, locale=language))


def format_time(value: datetime, language: str = "id", zone: ZoneInfo = HEAD_OFFICE) -> str:
    """`14.05 WIB`, on the clock of the zone."""
    local = _local(value, zone)
    mark = ":" if language == "en" else "."
    return f"{local:%H}{mark}{local:%M} {ZONE_NAMES[zone.key]}"


def _reading(name: str, value: object, language: str, zone: ZoneInfo) -> str:
    text = str(value)
    match value:
        case list() | tuple():
            text = ", ".join(_reading(name, item, language, zone) for item in value)
        case int() if name.endswith("_idr"):
            text = format_idr(value, language)
        case int() if not name.endswith("_id"):
            text = format_number(value, language)
        case datetime():
            text = f"{format_day(value, language, zone)}, {format_time(value, language, zone)}"
        case date() if _MONTH.fullmatch(name):
            text = format_month(value, language)
        case date():
            text = format_day(value, language)
    return text


def _local(value: datetime, zone: ZoneInfo) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(zone)
