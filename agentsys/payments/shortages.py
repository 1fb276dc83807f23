"""Deposits of a part of the receipts, and of less or more cash than they add up to.

The difference is booked to the agent's own account when the deposit is confirmed. The agent pays it
off by handing in more with a later deposit, by a transfer, or from commission. Cash that was lost
or robbed is a deposit in which it is missing, with the number of the police report.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Forbidden, Invalid, Refused
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments.deposit_models import Deposit
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import User
from agentsys.people.permissions import Permission

LONGEST_REASON = 200


def oldest(held: Sequence[tuple[int, int]], receipts: int | None) -> list[tuple[int, int]]:
    """The oldest of these payments, or all; Refused if there are none, Invalid if not so many."""
    if not held:
        raise Refused("Tidak ada titipan tunai yang perlu disetor.")
    if receipts is None:
        return list(held)
    if not 0 < receipts <= len(held):
        raise Invalid("Isi jumlah kuitansi yang disetor, dari 1 sampai {count}.", count=len(held))
    return list(held[:receipts])


def reason_of(total_idr: int, counted_idr: int | None, reason: str, police_report: str = "") -> str:
    """The reason for another count; empty if it is the same, or no reason was given.

    Only with the number of a police report everything may be missing.
    """
    if counted_idr is None or counted_idr == total_idr:
        return ""
    if counted_idr < 0 or (counted_idr == 0 and not police_report):
        raise Invalid(
            "Setoran tanpa uang hanya untuk kehilangan atau perampokan: isi nomor laporan polisi."
        )
    return " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]


def alone_idr() -> int:
    """Up to which difference finance confirms a deposit alone, in rupiah (a dated setting)."""
    day = clock.now().astimezone(HEAD_OFFICE).date()
    return setting(Rule.SHORTAGE_ALONE_IDR, day).value


def check_alone(deposit: Deposit, actor: User) -> None:
    """Forbidden if the difference is too large for whoever confirms the deposit."""
    check_amount(abs(deposit.short_idr), actor)


def check_amount(amount_idr: int, actor: User) -> None:
    """Forbidden if so many missing rupiah are too many for whoever decides about them."""
    most = alone_idr()
    if amount_idr > most and not actor.can(Permission.SHORTAGE_APPROVE):
        raise Forbidden(
            "Selisih setoran lebih dari {most_idr} diputuskan pengelola.", most_idr=most
        )


def owed_by(session: Session, agent_id: int) -> int:
    """Rupiah that the agent handed in too little; negative: too much."""
    return journal.balance(session, accounts.short_of(agent_id))
