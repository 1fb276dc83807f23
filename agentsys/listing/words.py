"""Searching names: accents, capitals and apostrophes make no difference."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, func, literal, or_


def matches(words: str, *columns: Any) -> ColumnElement[bool]:
    """The condition on rows in which one of the columns contains the text.

    `search_key` is a function of the database: José is found as jose, Nu’mah as nu'mah and numah.
    """
    escaped = re.sub(r"([\\%_])", r"\\\1", words)
    pattern = literal("%").concat(func.search_key(escaped)).concat("%")
    return or_(*(func.search_key(column).like(pattern) for column in columns))
