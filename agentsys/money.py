"""Rupiah are whole numbers; nothing else in the system rounds or parses money."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_GROUPED = re.compile(r"\d{1,3}(\.\d{3})+")
MAX_IDR = 10**15


def rupiah(text: str) -> int:
    """Rupiah that a person typed (`16800`, `Rp16.800`, `Rp 16.800,00`); ValueError otherwise."""
    cleaned = text.strip().removeprefix("Rp").removeprefix("rp").removeprefix("RP").strip(" .")
    cleaned = cleaned.removesuffix(",-").removesuffix(",00").strip()
    if not (_GROUPED.fullmatch(cleaned) or re.fullmatch(r"[0-9]{1,16}", cleaned)):
        raise ValueError(f"bukan jumlah rupiah: {text!r}")
    amount = int(cleaned.replace(".", ""))
    if amount > MAX_IDR:
        raise ValueError(f"jumlah terlalu besar: {text!r}")
    return amount


def gateway_rupiah(text: str) -> int:
    """Rupiah as gateways write them (`"16800"`, `"16800.00"`); ValueError for anything else."""
    whole, _, fraction = text.partition(".")
    if not re.fullmatch(r"[0-9]{1,16}", whole) or fraction.strip("0") or len(fraction) > 2:
        raise ValueError(f"not whole rupiah: {text!r}")
    return int(whole)


def share(amount_idr: int, percent: Decimal | int) -> int:
    """A percentage of an amount in whole rupiah, halves rounded away from zero."""
    exact = Decimal(amount_idr) * Decimal(percent) / 100
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def format_idr(amount_idr: int, language: str = "id") -> str:
    """`Rp16.800` in Indonesian, `Rp16,800` in English, with a real minus sign."""
    digits = f"{abs(amount_idr):,}"
    if language == "id":
        digits = digits.replace(",", ".")
    return f"{'−' if amount_idr < 0 else ''}Rp{digits}"
