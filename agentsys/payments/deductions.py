"""Shortages that an agent and the office agree to deduct from commission.

The agent asks, and the office agrees, so nobody's commission is taken without both. Nothing is
booked here: the payout of the commission deducts what is agreed, and not more than is still short.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.payments import deposit_moves, shortages
from agentsys.payments.deduction_models import Deduction, DeductionState
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import User
from agentsys.people.permissions import Permission


class DeductionAction(StrEnum):
    """What the office does with a deduction, or the agent who asked for it."""

    AGREE = "agree"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"
    END = "end"


S, A = DeductionState, DeductionAction
DEDUCTION_TRANSITIONS = {
    (S.ASKED, A.AGREE): Transition(S.AGREED, by=Permission.DEPOSIT_CONFIRM),
    (S.ASKED, A.REFUSE): Transition(S.REFUSED, by=Permission.DEPOSIT_CONFIRM),
    (S.ASKED, A.WITHDRAW): Transition(S.WITHDRAWN, by=Permission.DEPOSIT_DECLARE),
    (S.AGREED, A.END): Transition(S.ENDED, by=Permission.DEPOSIT_CONFIRM),
}
_LIVE = (S.ASKED, S.AGREED)


def ask(session: Session, *, agent_id: int, amount_idr: int, note: str, actor: User) -> Deduction:
    """The agent asks to have so many rupiah of the own shortage deducted from commission."""
    if not actor.can(Permission.DEPOSIT_DECLARE):
        raise Forbidden(permission=Permission.DEPOSIT_DECLARE.value)
    agent = deposit_moves.locked_agent(session, agent_id)
    if agent.user_id != actor.id:
        raise NotFound()
    note = " ".join(note.replace("\0", "").split())[: shortages.LONGEST_REASON]
    if not note:
        raise Invalid("Tulis kesepakatannya: dari komisi bulan apa, dan berapa kali.")
    _check_sum(session, agent_id, amount_idr)
    live = select(Deduction.id).where(Deduction.agent_id == agent_id, Deduction.state.in_(_LIVE))
    if session.scalar(live) is not None:
        raise Conflict("Sudah ada potongan komisi yang diminta atau disetujui.")
    deduction = Deduction(
        agent_id=agent_id,
        office_id=agent.office_id,
        amount_idr=amount_idr,
        note=note,
        asked_by=actor.id,
        asked_at=clock.now(),
    )
    session.add(deduction)
    session.flush()
    _record(session, deduction, actor)
    return deduction


def decide_deduction(
    session: Session, *, deduction_id: int, action: DeductionAction, actor: User, reason: str = ""
) -> Deduction:
    """The office agrees, refuses or ends it, or the agent withdraws it."""
    found = session.get(Deduction, deduction_id)
    if found is None:
        raise NotFound()
    deposit_moves.locked_agent(session, found.agent_id)
    deduction = session.get_one(
        Deduction,
        deduction_id,
        with_for_update={"of": Deduction, "key_share": True},
        populate_existing=True,
    )
    own = actor.id in (deduction.asked_by, deduction.agent.user_id)
    if action is A.WITHDRAW:
        if not own:
            raise NotFound()
    elif actor.office_id not in (deduction.office_id, None):
        raise NotFound()
    to = decide(DEDUCTION_TRANSITIONS, deduction.state, action, actor)
    if action is not A.WITHDRAW and own:
        raise Forbidden("Potongan komisi disetujui orang kantor, bukan agennya sendiri.")
    reason = " ".join(reason.replace("\0", "").split())[: shortages.LONGEST_REASON]
    if to is S.AGREED:
        second_person.check(session, second=actor, first_ids=[deduction.asked_by])
        _check_sum(session, deduction.agent_id, deduction.amount_idr)
        shortages.check_amount(deduction.amount_idr, actor)
    elif to in (S.REFUSED, S.ENDED) and not reason:
        raise Invalid("Isi alasan, supaya agen tahu.")
    deduction.state, deduction.reason = to, reason
    deduction.decided_by, deduction.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, deduction, actor)
    return deduction


def _check_sum(session: Session, agent_id: int, amount_idr: int) -> None:
    if amount_idr <= 0:
        raise Invalid("Isi jumlah lebih dari nol.")
    short = shortages.owed_by(session, agent_id)
    if amount_idr > short:
        raise Refused(
            "Kekurangan agen tinggal {short_idr}, jadi {amount_idr} terlalu banyak.",
            short_idr=max(short, 0),
            amount_idr=amount_idr,
        )


def _record(session: Session, deduction: Deduction, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"deduction.{deduction.state.value}",
        subject=f"deduction:{deduction.id}",
        details={
            "agent_id": deduction.agent_id,
            "amount_idr": deduction.amount_idr,
            "note": deduction.note,
            "reason": deduction.reason,
        },
    )
