"""Cleaning of names before they are stored, from forms, lists and commands."""

from __future__ import annotations

# What makes a spreadsheet read a cell as a formula, and the quote that hides it.
_BEFORE_A_NAME = "=+-@'\u2019 "


def visible(text: str) -> str:
    """The text with single spaces and without invisible characters.

    These are controls of writing direction, zero-width characters and control characters.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # the usual case, made fast for long lists
    # Tabs, line ends and no-break spaces separate words; invisible characters do not.
    kept = "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text)
    return " ".join(kept.split())


def tidy_name(text: str) -> str:
    """The visible text of a name, without what a spreadsheet would read as a formula."""
    return visible(text).lstrip(_BEFORE_A_NAME)
