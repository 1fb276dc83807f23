"""What a contract with a provider says that it charges, from which day on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_RATE = re.compile(
    r"(?P<provider>[a-z0-9_]{1,30}):(?P<kind>[a-z0-9_]{1,30}):(?P<from_on>[0-9-]{10})"
    r"=(?P<flat>[0-9]{1,9})\+(?P<points>[0-9]{1,4})\+(?P<tax>[0-9]{1,4})"
)


@dataclass(frozen=True, kw_only=True)
class FeeRate:
    """The fee of one kind of payment: a sum, a share of the amount, and the tax on both."""

    provider: str
    kind: str  # as the provider's report writes it, in small letters
    from_on: date
    flat_idr: int
    basis_points: int  # hundredths of a percent of the amount
    tax_points: int  # hundredths of a percent of the fee


def read_rates(text: str) -> Sequence[FeeRate]:
    """Rates written `midtrans:qris:2026-01-01=0+70+1100`, with commas between; ValueError if not.

    The three numbers are rupiah, hundredths of a percent of the amount, and of the fee.
    """
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        read = _RATE.fullmatch(part)
        if read is None:
            raise ValueError(f"not a rate (example: midtrans:qris:2026-01-01=0+70+1100): {part!r}")
        found.append(
            FeeRate(
                provider=read["provider"],
                kind=read["kind"],
                from_on=date.fromisoformat(read["from_on"]),
                flat_idr=int(read["flat"]),
                basis_points=int(read["points"]),
                tax_points=int(read["tax"]),
            )
        )
    return found
