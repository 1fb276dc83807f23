"""Parsing, rounding and formatting of rupiah; no other module does that."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

# Plain, or grouped as in Indonesian or English; nothing behind the other sign but zeros.
_AMOUNT = re.compile(
    r"([0-9]{1,16})(?:[.,]0{1,2})?"
    r"|([0-9]{1,3}(?:\.[0-9]{3}){1,5})(?:,0{1,2})?"
    r"|([0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.0{1,2})?"
)
# Amounts as people say them: 1,5jt, 2 juta, 300rb.
_SAID = re.compile(r"([0-9]{1,10}(?:[.,][0-9]{1,2})?) ?(jt|juta|rb|ribu|k)")
_UNITS = {"jt": 1_000_000, "juta": 1_000_000, "rb": 1_000, "ribu": 1_000, "k": 1_000}
_WORDS = {"sejuta": 1_000_000, "seratus ribu": 100_000, "setengah juta": 500_000}
_EACH_MONTH = re.compile(r" ?(?:/|per|se) ?(?:bulan|bln)$")
_LONGEST = 60  # characters; no amount is longer
MAX_IDR = 10**15


def rupiah(text: str) -> int:
    """Rupiah as a person or a spreadsheet writes them; ValueError for anything else.

    It accepts `16800`, `Rp16.800`, `Rp 16.800,00`, `1,500,000` and `1500000.00`. It refuses `1,5`,
    `16.80` and `1.500,000`, because they are ambiguous.
    """
    cleaned = text.strip() if len(text) <= _LONGEST else ""
    cleaned = cleaned.removeprefix("Rp").removeprefix("rp").removeprefix("RP").strip(" .")
    match = _AMOUNT.fullmatch(cleaned.removesuffix(",-").strip())
    if match is None:
        raise ValueError(f"bukan jumlah rupiah: {text[:_LONGEST]!r}")
    digits = next(filter(None, match.groups()))
    amount = int(digits.replace(".", "").replace(",", ""))
    if amount > MAX_IDR:
        raise ValueError(f"jumlah terlalu besar: {text[:_LONGEST]!r}")
    return amount


def said_rupiah(text: str) -> tuple[int, bool]:
    """Rupiah as people say or write them, such as `1,5jt`; and whether words were interpreted.

    ValueError for anything else. It reads all that `rupiah` reads, and `per bulan` behind it.
    """
    said = text.strip().lower() if len(text) <= _LONGEST else ""
    said = _EACH_MONTH.sub("", said.removeprefix("rp").strip(" ."))
    if said in _WORDS:
        return _WORDS[said], True
    if match := _SAID.fullmatch(said):
        whole, _, fraction = match[1].replace(",", ".").partition(".")
        unit = _UNITS[match[2]]
        return int(whole) * unit + int(fraction.ljust(2, "0")) * unit // 100, True
    return rupiah(said), False


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
