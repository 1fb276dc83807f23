"""Search fields: what may be a number of a person comes by POST, so that no address keeps it."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST = 60


def query_in(values: Mapping[str, str]) -> str:
    """What somebody searches for."""
    return values.get("q", "").strip()[:LONGEST]


def is_private(query: str) -> bool:
    """Whether it may be of a NIK or a phone number; histories and proxies would keep an address."""
    return any(letter.isdecimal() for letter in query)
