"""Differences between what BPJS paid for a commission and what we computed; two people settle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.models import Statement, StatementState
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import accounts, journal
from agentsys.payments.transitions import Transition, decide
from agentsys.payouts.receipt_models import (
    CommissionDifference,
    DifferenceState,
    DifferenceWay,
)
from agentsys.people import second_person
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission

LONGEST_REASON = 200


class DifferenceAction(StrEnum):
    """What the second person does with a proposal."""

    BOOK = "book"
    REFUSE = "refuse"


_S, _A = DifferenceState, DifferenceAction
DIFFERENCE_TRANSITIONS = {
    (_S.PROPOSED, _A.BOOK): Transition(_S.BOOKED, by=Permission.COMMISSION_PAY_APPROVE),
    (_S.PROPOSED, _A.REFUSE): Transition(_S.REFUSED, by=Permission.COMMISSION_PAY_APPROVE),
}


@dataclass(frozen=True, kw_only=True)
class OpenDifference:
    """A statement for which BPJS paid another sum, and what of that is not settled."""

    statement_id: int
    agent_name: str
    month: date
    ours_idr: int
    theirs_idr: int
    open_idr: int  # BPJS' sum less ours
    proposal_id: int | None
    proposed_by: int | None
    way: DifferenceWay | None
    reason: str


def open_differences(session: Session, *, office_id: int | None) -> list[OpenDifference]:
    """The statements of an office, or of all, whose difference is not settled, oldest first."""
    booked = (
        select(func.coalesce(func.sum(CommissionDifference.amount_idr), 0))
        .where(
            CommissionDifference.statement_id == Statement.id,
            CommissionDifference.state == _S.BOOKED,
        )
        .correlate(Statement)
        .scalar_subquery()
    )
    left = Statement.received_idr - Statement.agent_idr - booked
    waits = CommissionDifference.__table__.alias("waits")
    query = (
        select(
            Statement.id.label("statement_id"),
            Agent.name.label("agent_name"),
            Statement.month,
            Statement.agent_idr.label("ours_idr"),
            Statement.received_idr.label("theirs_idr"),
            left.label("open_idr"),
            waits.c.id.label("proposal_id"),
            waits.c.proposed_by,
            waits.c.way,
            func.coalesce(waits.c.reason, "").label("reason"),
        )
        .join(Agent, Agent.id == Statement.agent_id)
        .outerjoin(
            waits, (waits.c.statement_id == Statement.id) & (waits.c.state == _S.PROPOSED.value)
        )
        .where(
            Statement.state == StatementState.APPROVED,
            Statement.received_idr != Statement.agent_idr,
            left != 0,
        )
        .order_by(Statement.month, Agent.name, Statement.id)
    )
    if office_id is not None:
        query = query.where(Statement.office_id == office_id)
    return [OpenDifference(**row._mapping) for row in session.execute(query)]


def propose(
    session: Session, *, statement_id: int, way: DifferenceWay, reason: str, actor_id: int
) -> CommissionDifference:
    """Propose how the difference of a statement is settled, and why it came about."""
    actor = _actor(session, actor_id)
    if not actor.can(Permission.COMMISSION_PAY_PREPARE):
        raise Forbidden(permission=Permission.COMMISSION_PAY_PREPARE.value)
    statement = session.get(Statement, statement_id, with_for_update=True, populate_existing=True)
    if statement is None or actor.office_id not in (statement.office_id, None):
        raise NotFound()
    open_idr = _open_of(session, statement)
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_REASON]
    if not reason:
        raise Invalid("Isi sebab selisih, supaya orang kedua dapat memeriksanya.", about="reason")
    if open_idr == 0:
        raise Refused("Tidak ada selisih yang terbuka pada laporan ini.")
    if way is DifferenceWay.OFFICE_BEARS and open_idr > 0:
        raise Invalid("Kantor hanya menanggung yang kurang dibayar BPJS.", about="way")
    waits = select(CommissionDifference.id).where(
        CommissionDifference.statement_id == statement.id,
        CommissionDifference.state == _S.PROPOSED,
    )
    if session.scalar(waits) is not None:
        raise Conflict("Penyelesaian selisih ini sudah diusulkan, dan menunggu orang kedua.")
    found = CommissionDifference(
        office_id=statement.office_id,
        month=statement.month,
        statement_id=statement.id,
        amount_idr=open_idr,
        way=way,
        reason=reason,
        proposed_by=actor.id,
        proposed_at=clock.now(),
    )
    session.add(found)
    session.flush()
    _record(session, found, actor)
    return found


def decide_difference(
    session: Session, *, difference_id: int, action: DifferenceAction, actor_id: int
) -> CommissionDifference:
    """Book a proposal as a second person, who does not earn from it, or refuse it."""
    actor = _actor(session, actor_id)
    found = session.get(
        CommissionDifference, difference_id, with_for_update=True, populate_existing=True
    )
    if found is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    to = decide(DIFFERENCE_TRANSITIONS, found.state, action, actor)
    if actor.id == found.proposed_by:
        raise Forbidden("Selisih diputuskan orang kedua, bukan yang mengusulkan.")
    second_person.check(session, second=actor, first_ids=[found.proposed_by])
    found.state = to
    found.decided_by, found.decided_at = actor.id, clock.now()
    if to is _S.BOOKED:
        statement = session.get_one(Statement, found.statement_id, with_for_update=True)
        if statement.agent.user_id == actor.id:
            raise Forbidden("Selisih komisi Anda sendiri diputuskan orang lain.")
        journal.post(
            session,
            kind="commission.difference_booked",
            source=f"commission_difference:{found.id}",
            at=found.decided_at,
            lines=_lines(found, statement),
        )
    session.flush()
    _record(session, found, actor)
    return found


def _lines(found: CommissionDifference, statement: Statement) -> dict[str, int]:
    """BPJS' sum counts, or the office pays the agent what lacks."""
    office_id, amount = found.office_id, found.amount_idr
    lines = {
        accounts.claim_for_commission(office_id): amount,
        accounts.expected_for_agent(statement.agent_id): -amount,
    }
    if found.way is DifferenceWay.OFFICE_BEARS:
        lines[accounts.commission(office_id)] = -amount
        lines[accounts.owed_to_agent(statement.agent_id)] = amount
    return lines


def _open_of(session: Session, statement: Statement) -> int:
    if statement.received_idr is None:
        return 0
    booked: int = (
        session.scalar(
            select(func.coalesce(func.sum(CommissionDifference.amount_idr), 0)).where(
                CommissionDifference.statement_id == statement.id,
                CommissionDifference.state == _S.BOOKED,
            )
        )
        or 0
    )
    return statement.received_idr - statement.agent_idr - int(booked)


def _actor(session: Session, actor_id: int) -> User:
    actor = session.get(User, actor_id)
    if actor is None:
        raise NotFound()
    return actor


def _record(session: Session, found: CommissionDifference, actor: User) -> None:
    trail.record(
        session,
        actor_id=actor.id,
        action=f"commission_difference.{found.state.value}",
        subject=f"commission_difference:{found.id}",
        details={
            "statement_id": found.statement_id,
            "month": f"{found.month:%Y-%m}",
            "amount_idr": found.amount_idr,
            "way": found.way.value,
            "reason": found.reason,
        },
    )
