"""The NPWP, an Indonesian taxpayer number: 15 digits, or 16 since 2024, or a person's NIK."""

from __future__ import annotations

import re
from dataclasses import dataclass

from agentsys.errors import Invalid
from agentsys.papers.account_models import NpwpKind
from agentsys.workers import nik

_SEPARATORS = re.compile(r"[\s.\-]")
_SHOWN = 4  # last digits that are not masked
_WRONG = "NPWP berisi 15 atau 16 angka. Periksa lagi pada kartu NPWP atau KTP."


@dataclass(frozen=True, kw_only=True, repr=False)
class Npwp:
    """A number that can be one, and what it is."""

    digits: str
    kind: NpwpKind

    @property
    def masked(self) -> str:
        """The number with only its last digits."""
        return mask(self.digits)


def parse(text: str) -> Npwp:
    """Read a typed NPWP; Invalid about `npwp` if it cannot be one.

    Sixteen digits that begin with a zero are an old number with a zero in front; others are a NIK,
    and are checked as such. Whether the tax office knows the number is not checked.
    """
    digits = _SEPARATORS.sub("", text.replace("\0", ""))
    is_number = digits.isascii() and digits.isdigit() and len(digits) in (15, 16)
    if not is_number or not digits.strip("0"):
        raise Invalid(_WRONG, about="npwp")
    if len(digits) == 15:
        return Npwp(digits=digits, kind=NpwpKind.OLD)
    if digits.startswith("0"):
        return Npwp(digits=digits, kind=NpwpKind.NEW)
    try:
        nik.parse(digits)
    except nik.NikRefused as refused:
        raise Invalid(
            "NPWP 16 angka yang tidak diawali 0 adalah NIK, dan NIK ini belum benar."
            " Periksa lagi pada KTP.",
            about="npwp",
        ) from refused
    return Npwp(digits=digits, kind=NpwpKind.NIK)


def mask(digits: str) -> str:
    """Digits with only the last four of them."""
    return "•" * (len(digits) - _SHOWN) + digits[-_SHOWN:]
