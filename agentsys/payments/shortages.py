"""Deposits of a part of the receipts, and of less or more cash than they add up to.

The difference is booked to the agent's own account when the deposit is confirmed. The agent pays it
off by handing in more with a later deposit.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Forbidden, Invalid
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments.deposit_models import Deposit
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import User
from agentsys.people.permissions import Permission

LONGEST_REASON = 200


def oldest(held: Sequence[tuple[int, int]], receipts: int | None) -> list[tuple[int, int]]:
    """The oldest of these payments, or all; Invalid if there are not so many."""
    if receipts is None:
        return list(held)
    if not 0 < receipts <= len(held):
        raise Invalid("Isi jumlah kuitansi yang disetor, dari 1 sampai {count}.", count=len(held))
    return list(held[:receipts])


def reason_of(total_idr: int, counted_idr: int | None, reason: str) -> str:
    """The reason for another count; empty if it is the same, or no reason was given."""
    if counted_idr is None or counted_idr == total_idr:
        return ""
    if counted_idr <= 0:
        raise Invalid("Setoran tanpa uang tidak dapat dicatat. Laporkan kepada penyelia.")
    return " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]


def alone_idr() -> int:
    """Up to which difference finance confirms a deposit alone, in rupiah (a dated setting)."""
    day = clock.now().astimezone(HEAD_OFFICE).date()
    return setting(Rule.SHORTAGE_ALONE_IDR, day).value


def check_alone(deposit: Deposit, actor: User) -> None:
    """Forbidden if the difference is too large for whoever confirms the deposit."""
    most = alone_idr()
    if abs(deposit.short_idr) > most and not actor.can(Permission.SHORTAGE_APPROVE):
        raise Forbidden(
            "Selisih setoran lebih dari {most_idr} diputuskan pengelola.", most_idr=most
        )


def owed_by(session: Session, agent_id: int) -> int:
    """Rupiah that the agent handed in too little; negative: too much."""
    return journal.balance(session, accounts.short_of(agent_id))
