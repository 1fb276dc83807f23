"""Searching an agent's portfolio by a name, NIK or phone number, or a part of them."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, false, or_

from agentsys.crypto import Vault
from agentsys.listing.words import matches

LAST_FOUR = 4
_NIK_DIGITS = 16


def found_by(words: str, vault: Vault, of: Any) -> ColumnElement[bool]:
    """The condition on the portfolio's rows whom the words find."""
    digits = re.sub(r"[\s.\-+]", "", words)
    if not digits.isdecimal():
        return matches(words, of.c.name)
    if not digits.isascii():
        return false()
    if len(digits) == _NIK_DIGITS:
        same: ColumnElement[bool] = of.c.nik_index == vault.index(digits)
        return same
    if len(digits) <= LAST_FOUR:
        return or_(of.c.nik_masked.endswith(digits), of.c.phone.endswith(digits))
    national = digits.removeprefix("62").removeprefix("0")
    by_phone: ColumnElement[bool] = of.c.phone.startswith(f"+62{national}")
    return by_phone
