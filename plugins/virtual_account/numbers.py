"""Numbers of virtual accounts: each payer has one that stays, in a range of the payer's kind.

The first digit says the kind, so that no two payers have the same number at a bank:

    0 to 7   workers, whose number is their id with zeros before it
    8        agents
    9        sponsors
"""

from __future__ import annotations

from agentsys.extension.contract import Payer, PayerKind

FIRST = {PayerKind.WORKER: 0, PayerKind.AGENT: 8, PayerKind.SPONSOR: 9}
BEYOND = {PayerKind.WORKER: 8, PayerKind.AGENT: 9, PayerKind.SPONSOR: 10}


def fits(payer: Payer, digits: int) -> bool:
    """Whether the payer has a number of so many digits."""
    return bool(0 < payer.id < (BEYOND[payer.kind] - FIRST[payer.kind]) * 10 ** (digits - 1))


def number_of(payer: Payer, digits: int) -> str:
    """The payer's number; ValueError if it does not fit."""
    if not fits(payer, digits):
        raise ValueError(f"{payer.kind} {payer.id} has no number of {digits} digits")
    return str(FIRST[payer.kind] * 10 ** (digits - 1) + payer.id).zfill(digits)
