"""Cursors: a place in a sorted list as a text that an address can hold.

A cursor is not secret and not signed. It is checked as strictly as any input, and one that was not
written for the same list order is no place at all.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

_LONGEST = 2_000
_LARGEST = 2**63 - 1
_OURS = re.compile(r"[A-Za-z0-9_-]+")

Key = str | int | date | datetime


@dataclass(frozen=True, kw_only=True)
class Place:
    """Just after a row, or just before it when the page is walked to backwards."""

    backward: bool
    number: int  # of the row at which a forward page begins, or before which a backward one ends
    key: Key
    id: int


def write(place: Place, *, sort: str, descending: bool) -> str:
    """The place as a cursor."""
    key = place.key if isinstance(place.key, (str, int)) else place.key.isoformat()
    content = [place.backward, sort, descending, place.number, key, place.id]
    encoded = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def read(cursor: str, *, sort: str, descending: bool, of: Any) -> Place | None:
    """The place in a list that is sorted like this by a column of this type; None for nonsense."""
    if len(cursor) > _LONGEST or not _OURS.fullmatch(cursor):
        return None
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError):
        return None
    match content:
        case [bool() as backward, str() as for_sort, bool() as for_descending, number, key, id_]:
            pass
        case _:
            return None
    read_key = _key(key, of.python_type)
    if (for_sort, for_descending) != (sort, descending) or read_key is None:
        return None
    if not (_is_number(number) and _is_number(id_)):
        return None
    return Place(backward=backward, number=number, key=read_key, id=id_)


def _is_number(value: Any) -> bool:
    return type(value) is int and 0 < value <= _LARGEST


def _key(value: Any, kind: type) -> Key | None:
    if kind is int:
        return value if type(value) is int and abs(value) <= _LARGEST else None
    if not isinstance(value, str):
        return None
    try:
        if issubclass(kind, datetime):
            moment = datetime.fromisoformat(value)
            return moment if moment.tzinfo is not None else None
        if issubclass(kind, date):
            return date.fromisoformat(value)
        value.encode()  # a lone surrogate is no text that PostgreSQL could compare
    except ValueError:
        return None
    return None if "\0" in value else value
