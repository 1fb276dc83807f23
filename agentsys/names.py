"""Names as they are kept, wherever they were typed: a form, a list, a command."""

from __future__ import annotations

# What makes a spreadsheet read a cell as a formula, and the quote that hides it.
_BEFORE_A_NAME = "=+-@'\u2019 "


def visible(text: str) -> str:
    """The text with single spaces and without signs that nobody can see.

    Such signs are controls of writing direction, signs of no width, and control characters.
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()  # nearly all of them: lists are long
    # Tabs, line ends and hard spaces part words; what nobody can see parts nothing.
    kept = "".join(sign if sign.isprintable() else " " if sign.isspace() else "" for sign in text)
    return " ".join(kept.split())


def tidy_name(text: str) -> str:
    """The visible text of a name, without what a spreadsheet would read as a formula."""
    return visible(text).lstrip(_BEFORE_A_NAME)
