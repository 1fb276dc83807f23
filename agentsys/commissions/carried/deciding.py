"""Carrying sums into the next statement: one person proposes, a second one approves."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from fractions import Fraction

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.carried.items import PREFIX, reversed_lines
from agentsys.commissions.carried.models import (
    LONGEST_REASON,
    CarriedItem,
    CarriedKind,
    CarriedState,
)
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.extension.contract import Beneficiary
from agentsys.payments.transitions import Transition, decide
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission

MOST_IDR = 100_000_000


class CarriedAction(StrEnum):
    """What the second person does with a carried item, or who proposed it."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


_S, _A = CarriedState, CarriedAction
CARRIED_TRANSITIONS = {
    (_S.PROPOSED, _A.APPROVE): Transition(_S.APPROVED, by=Permission.COMMISSION_PAY_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.COMMISSION_PAY_APPROVE),
    (_S.PROPOSED, _A.WITHDRAW): Transition(_S.WITHDRAWN, by=Permission.COMMISSION_PAY_PREPARE),
}


def propose_adjustment(
    session: Session,
    *,
    agent_id: int,
    agent_idr: int,
    office_idr: int,
    why: str,
    actor: User,
) -> CarriedItem:
    """Propose a sum, positive or negative, for the agent's next statement."""
    agent = _agent(session, agent_id, actor)
    why = _reason(why)
    if not agent_idr and not office_idr:
        raise Invalid("Isi jumlah untuk agen atau untuk kantor, bukan nol.", about="agent_idr")
    if max(abs(agent_idr), abs(office_idr)) > MOST_IDR:
        raise Invalid("Jumlahnya paling banyak {most_idr}.", most_idr=MOST_IDR, about="agent_idr")
    found = CarriedItem(
        kind=CarriedKind.ADJUSTMENT,
        agent_id=agent.id,
        office_id=agent.office_id,
        agent_idr=agent_idr,
        office_idr=office_idr,
        why=why,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(found)
    session.flush()
    _record(session, found, actor)
    return found


def propose_reversal(
    session: Session,
    *,
    statement_id: int,
    worker_id: int,
    month: date,
    why: str,
    actor: User,
) -> CarriedItem:
    """Propose to take back what an approved statement granted for one contribution.

    For contributions that were undone: refunded, refused by BPJS afterwards, or a fraud.
    """
    statement = _approved(session, statement_id)
    agent = _agent(session, statement.agent_id, actor)
    why = _reason(why)
    if not reversed_lines(session, statement_id=statement.id, of={(worker_id, month)}):
        raise Invalid(
            "Laporan itu tidak punya komisi untuk iuran pekerja dan bulan itu.", about="worker"
        )
    known = select(CarriedItem.id).where(
        CarriedItem.statement_id == statement.id,
        CarriedItem.worker_id == worker_id,
        CarriedItem.month == month,
        CarriedItem.state.in_((_S.PROPOSED, _S.APPROVED)),
    )
    if session.scalar(known) is not None:
        raise Conflict("Komisi untuk iuran itu sudah diusulkan ditarik kembali.")
    found = CarriedItem(
        kind=CarriedKind.REVERSAL,
        agent_id=agent.id,
        office_id=statement.office_id,
        statement_id=statement.id,
        worker_id=worker_id,
        month=month,
        why=why,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(found)
    session.flush()
    _record(session, found, actor)
    return found


def decide_carried(
    session: Session, *, carried_id: int, action: CarriedAction, actor: User, reason: str = ""
) -> CarriedItem:
    """Approve or refuse a carried item as a second person; who proposed it can withdraw it."""
    found = session.get(CarriedItem, carried_id, with_for_update=True, populate_existing=True)
    if found is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    if action is _A.WITHDRAW and found.proposed_by != actor.id:
        raise NotFound()
    to = decide(CARRIED_TRANSITIONS, found.state, action, actor)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if to is not _S.WITHDRAWN:
        if actor.id in (found.proposed_by, found.agent.user_id):
            raise Forbidden("Koreksi komisi diputuskan orang kedua, bukan pengusul atau agennya.")
        first = [found.proposed_by, found.agent.user_id]
        second_person.check(session, second=actor, first_ids=first)
    if to is _S.REFUSED and not reason:
        raise Invalid("Isi alasan ditolak, supaya pengusul tahu apa yang diperbaiki.")
    if to is _S.APPROVED and found.kind is CarriedKind.REVERSAL:
        _set_sums(session, found)
    found.reason = reason if to is _S.REFUSED else ""
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    session.flush()
    _record(session, found, actor)
    return found


def _set_sums(session: Session, found: CarriedItem) -> None:
    """What the agent and the office give back.

    The office's part follows the agent's: after all reversals so far it keeps the same share of its
    part as the agent keeps of his. So reversing everything leaves exactly nothing.
    """
    assert found.statement_id is not None
    assert found.worker_id is not None
    statement = session.get_one(Statement, found.statement_id, with_for_update=True)
    lines = reversed_lines(session, statement_id=statement.id)
    base_idr = sum(line.amount_idr for line in lines)
    mine = [ln for ln in lines if (ln.worker_id, ln.month) == (found.worker_id, found.month)]
    agent_idr = sum(line.amount_idr for line in mine)
    before_agent, before_office = session.execute(
        select(
            func.coalesce(func.sum(CarriedItem.agent_idr), 0),
            func.coalesce(func.sum(CarriedItem.office_idr), 0),
        ).where(
            CarriedItem.statement_id == statement.id, CarriedItem.state == CarriedState.APPROVED
        )
    ).one()
    left = Fraction(base_idr + int(before_agent) - agent_idr, base_idr) if base_idr else Fraction(0)
    office_of_rules = _office_of_rules(session, statement)
    keeps = round(office_of_rules * left)
    found.agent_idr = -agent_idr
    found.office_idr = keeps - (office_of_rules + int(before_office))


def _office_of_rules(session: Session, statement: Statement) -> int:
    """The office's part that rules granted, without what was carried into that statement."""
    return int(
        session.scalar(
            select(func.coalesce(func.sum(StatementLine.amount_idr), 0)).where(
                StatementLine.statement_id == statement.id,
                StatementLine.beneficiary == Beneficiary.OFFICE,
                ~StatementLine.subject.startswith(PREFIX),
            )
        )
        or 0
    )


def _approved(session: Session, statement_id: int) -> Statement:
    statement = session.get(Statement, statement_id)
    if statement is None:
        raise NotFound()
    if statement.state is not StatementState.APPROVED:
        raise Conflict("Laporan itu belum disetujui. Minta keuangan menghitungnya ulang.")
    return statement


def _agent(session: Session, agent_id: int, actor: User) -> Agent:
    if not actor.can(Permission.COMMISSION_PAY_PREPARE):
        raise Forbidden(permission=Permission.COMMISSION_PAY_PREPARE.value)
    agent = session.get(Agent, agent_id)
    if agent is None or actor.office_id not in (agent.office_id, None):
        raise NotFound()
    if agent.user_id == actor.id:
        raise Forbidden(
            "Anda tidak dapat mengoreksi komisi Anda sendiri. Minta orang lain mengusulkannya."
        )
    return agent


def _reason(why: str) -> str:
    why = " ".join(why.replace("\0", "").split())[:LONGEST_REASON]
    if not why:
        raise Invalid("Tulis alasannya; agen membacanya di laporan komisi.", about="why")
    return why


def _record(session: Session, found: CarriedItem, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"commission_carried.{found.state.value}",
        subject=f"commission_carried:{found.id}",
        details={
            "kind": found.kind.value,
            "agent_id": found.agent_id,
            "agent_idr": found.agent_idr,
            "office_idr": found.office_idr,
            "statement_id": found.statement_id,
            "worker_id": found.worker_id,
            "month": f"{found.month:%Y-%m}" if found.month else "",
            "why": found.why,
            "reason": found.reason,
        },
    )
