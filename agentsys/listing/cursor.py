"""Cursors: a position in a sorted list, as text for a URL.

A cursor is neither secret nor signed. It is validated like any input, and ignored if it was made
for another order of the list.
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
    """The position after a row, or before it when paging backwards."""

    backward: bool
    number: int  # of the row at which a forward page begins, or before which a backward one ends
    key: Key
    id: int


def write(place: Place, *, sort: str, descending: bool) -> str:
    """The position as a cursor."""
    key = place.key if isinstance(place.key, (str, int)) else place.key.isoformat()
    content = [place.backward, sort, descending, place.number, key, place.id]
    encoded = json.dumps(content, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(encoded).decode().rstrip("=")


def read(cursor: str, *, sort: str, descending: bool, of: Any) -> Place | None:
    """The position of a cursor for this order and type of column; None if it is not valid."""
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
