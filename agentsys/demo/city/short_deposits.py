"""A deposit of a part of an agent's receipts, with less cash than they add up to."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys.demo.city.staff import Staff
from agentsys.payments import deductions
from agentsys.payments.cash import DepositAction, decide_deposit, declare_deposit
from agentsys.payments.custody import to_hand_over
from agentsys.payments.deposit_moves import cash_of
from agentsys.people.models import User

MISSING_IDR = 2_800
_SPECIAL = 3  # the first agents have deposits of their own, and the last one a late one


def play(session: Session, *, staff: Staff) -> None:
    """Declare and confirm it with the real services."""
    others = staff.of_office(staff.other_id)
    for agent in [*staff.of_office(staff.main_id)[_SPECIAL:-1], *others]:
        count = to_hand_over(session, agent.id)[0]
        if not count:
            continue
        held = cash_of(session, agent.id)[: max(1, count - 2)]  # some is left for other stories
        counted = sum(amount_idr for _, amount_idr in held) - MISSING_IDR
        deposit = declare_deposit(
            session,
            key=f"demo-short-{agent.id}",
            agent_id=agent.id,
            actor_id=agent.user_id,
            evidence="Diterima Ibu Rina di kantor",
            counted_idr=counted,
            receipts=len(held),
            difference_reason="Salah memberi kembalian di pasar",
        )
        decide_deposit(
            session,
            deposit_id=deposit.id,
            action=DepositAction.CONFIRM,
            actor=session.get_one(User, staff.finance[agent.office_id]),
            counted_idr=counted,
        )
        deductions.ask(
            session,
            agent_id=agent.id,
            amount_idr=MISSING_IDR,
            note="Dari komisi bulan depan, sekali potong",
            actor=session.get_one(User, agent.user_id),
        )
        return
