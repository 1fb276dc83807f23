"""Where an answer may send a visitor."""

from __future__ import annotations

import re

# What browsers read as another site (//host, /\host, a tab between) has no letter after the slash.
_OURS = re.compile(r"/([0-9A-Za-z?][!-\[\]-~]*)?")


def own_page(wanted: str) -> str:
    """The wanted address if it is surely a page of ours, or else the first page."""
    return wanted.rstrip("?") if _OURS.fullmatch(wanted) else "/"
