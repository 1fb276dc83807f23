"""What somebody typed into the search field, and what it may be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from agentsys.workers.phone import normalise_phone

NIK_DIGITS, LAST_DIGITS = 16, 4
SHORTEST_NAME = 3  # letters: the index knows groups of three
_KPJ = range(8, 17)
_LONGEST = 60


class May(StrEnum):
    """What a text may be."""

    NAME = "name"
    NIK = "nik"
    LAST_FOUR = "last_four"
    KPJ = "kpj"
    PHONE = "phone"
    RECEIPT = "receipt"
    REFERENCE = "reference"  # of a payment
    CODE = "code"  # kode iuran of a batch


@dataclass(frozen=True)
class Asked:
    """A text with single spaces; its digits, if there are no letters; and what it may be."""

    text: str
    digits: str
    may: tuple[May, ...]

    @property
    def is_nik(self) -> bool:
        """Whether it has the length of a NIK."""
        return May.NIK in self.may

    @property
    def number(self) -> str:
        """The text as we and BPJS write numbers."""
        return self.text.replace(" ", "").upper()


def read(text: str) -> Asked:
    """What somebody typed, and what it may be."""
    text = " ".join(text.replace("\0", "").split())[:_LONGEST]
    compact = re.sub(r"[\s.\-+()]", "", text)
    digits = compact if compact.isascii() and compact.isdecimal() else ""
    return Asked(text, digits, _may_be(text, digits))


def _may_be(text: str, digits: str) -> tuple[May, ...]:
    if not any(sign.isdecimal() for sign in text):
        return (May.NAME,) if len(text) >= SHORTEST_NAME else ()
    if not digits:
        return (May.RECEIPT, May.REFERENCE, May.CODE)
    if len(digits) == NIK_DIGITS:
        return (May.NIK, May.KPJ)
    if len(digits) == LAST_DIGITS:
        return (May.LAST_FOUR,)
    kpj = (May.KPJ,) if len(digits) in _KPJ else ()
    phone = (May.PHONE,) if normalise_phone(text) else ()
    return (*kpj, *phone, May.CODE)
