"""Search fields: a possible NIK or phone number is sent by POST, to keep it out of URLs."""

from __future__ import annotations


def is_private(query: str) -> bool:
    """Whether it may be part of a NIK or phone number; histories and proxies store URLs."""
    return any(letter.isdecimal() for letter in query)
