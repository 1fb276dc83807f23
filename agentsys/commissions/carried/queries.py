"""Carried items as typed values, and what a person means by an agent, a statement or a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, literal, or_, select, true
from sqlalchemy.orm import Session

from agentsys.commissions.carried.items import PREFIX
from agentsys.commissions.carried.models import CarriedItem, CarriedKind, CarriedState
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.errors import Invalid
from agentsys.people.models import Agent, User
from agentsys.people.queries import names_of
from agentsys.workers.models import Worker

SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class CarriedRow:
    """What somebody wants to carry into a statement, and what became of it."""

    id: int
    kind: CarriedKind
    agent: str
    agent_code: str
    agent_idr: int
    office_idr: int
    worker: str
    month: date | None  # of the contribution
    from_month: date | None  # of the statement from which it is taken back
    in_month: date | None  # of the statement that carries it
    why: str
    state: CarriedState
    proposed_by: int
    proposer: str
    decider: str
    reason: str


def newest(session: Session, user: User) -> Sequence[CarriedRow]:
    """The newest items in the user's reach, those that wait first."""
    reach = true() if user.sees_all_offices else CarriedItem.office_id == user.office_id
    carrier = (
        select(func.max(Statement.month))
        .join(StatementLine, StatementLine.statement_id == Statement.id)
        .where(StatementLine.subject == literal(PREFIX).concat(CarriedItem.id))
        .scalar_subquery()
    )
    found = session.execute(
        select(CarriedItem, Agent.name, Agent.code, Worker.name, Statement.month, carrier)
        .join_from(CarriedItem, Agent, Agent.id == CarriedItem.agent_id)
        .outerjoin(Worker, Worker.id == CarriedItem.worker_id)
        .outerjoin(Statement, Statement.id == CarriedItem.statement_id)
        .where(reach)
        .order_by(CarriedItem.state != CarriedState.PROPOSED, CarriedItem.id.desc())
        .limit(SHOWN)
    ).all()
    items = [row[0] for row in found]
    names = names_of(
        session,
        {by for row in items for by in (row.proposed_by, row.decided_by) if by is not None},
    )
    return [
        CarriedRow(
            id=row.id,
            kind=row.kind,
            agent=agent,
            agent_code=code,
            agent_idr=row.agent_idr,
            office_idr=row.office_idr,
            worker=worker or "",
            month=row.month,
            from_month=from_month,
            in_month=in_month,
            why=row.why,
            state=row.state,
            proposed_by=row.proposed_by,
            proposer=names.get(row.proposed_by, ""),
            decider=names.get(row.decided_by or 0, ""),
            reason=row.reason,
        )
        for row, agent, code, worker, from_month, in_month in found
    ]


def agent_named(session: Session, user: User, code: str) -> int:
    """The id of the agent with this code in the user's reach; Invalid if there is none."""
    query = select(Agent.id).where(func.upper(Agent.code) == code.strip().upper())
    if not user.sees_all_offices:
        query = query.where(Agent.office_id == user.office_id)
    found = session.scalar(query)
    if found is None:
        raise Invalid("Kode agen itu tidak ada di kantor Anda.", about="code")
    return found


def statement_of(session: Session, *, agent_id: int, month: date) -> int:
    """The id of an agent's approved statement of a month; Invalid if there is none."""
    found = session.scalar(
        select(Statement.id).where(
            Statement.agent_id == agent_id,
            Statement.month == month,
            Statement.state == StatementState.APPROVED,
        )
    )
    if found is None:
        raise Invalid(
            "Agen itu tidak punya laporan komisi yang disetujui untuk bulan itu.",
            about="from_month",
        )
    return found


def worker_in(session: Session, *, statement_id: int, said: str) -> int:
    """The worker of a statement's lines with this name or membership number.

    Invalid if there is none, or more than one of that name.
    """
    said = " ".join(said.split())
    named = or_(func.lower(Worker.name) == said.lower(), Worker.kpj == said)
    found = session.scalars(
        select(Worker.id)
        .where(
            named,
            Worker.id.in_(
                select(StatementLine.worker_id).where(StatementLine.statement_id == statement_id)
            ),
        )
        .limit(2)
    ).all()
    if not found:
        raise Invalid(
            "Laporan itu tidak menyebut pekerja dengan nama atau KPJ itu.", about="worker"
        )
    if len(found) > 1:
        raise Invalid(
            "Laporan itu menyebut beberapa pekerja dengan nama itu. Tulis KPJ-nya.", about="worker"
        )
    return found[0]
