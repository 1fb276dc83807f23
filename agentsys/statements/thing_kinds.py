"""What a line of a statement can be matched with."""

from __future__ import annotations

from enum import StrEnum


class ThingKind(StrEnum):
    """What a line can be matched with."""

    DEPOSIT = "deposit"
    SPONSOR_PAYMENT = "sponsor_payment"
    PAYOUT = "payout"
    REMITTANCE = "remittance"
    TRANSFER = "transfer"
    PAYMENT = "payment"  # at a provider
    OWN_FUNDS = "own_funds"  # an entry of the journal
    SETTLEMENT = "settlement"  # of a difference with BPJS
    PAID_AGAIN = "paid_again"  # a batch that BPJS was paid a second time
