"""Reading commission statements: their lines, reasons and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.audit.models import AuditEvent
from agentsys.commissions import anomalies
from agentsys.commissions.lines import Item, lines_hash, reason_from_json
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.errors import NotFound
from agentsys.extension.contract import Beneficiary, Message
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.terms.models import CommissionFunding


@dataclass(frozen=True, kw_only=True)
class ExplainedLine:
    """A line for pages: beneficiary, worker, amount, and the reason."""

    id: int
    rule: str
    version: str
    beneficiary: Beneficiary
    amount_idr: int
    reason: Message
    worker_id: int | None
    worker_name: str
    month: date | None
    worker_place: str = ""  # village and last digits of the NIK: distinguish workers with one name

    @property
    def sentence(self) -> str:
        """Why the amount is what it is, in Indonesian."""
        return self.reason.sentence()


@dataclass(frozen=True, kw_only=True)
class DecisionOn:
    """One decision on a statement: an approval or a return."""

    at: datetime
    action: str
    who: str
    for_whom: str = ""  # whom a delegate stood for


@dataclass(frozen=True, kw_only=True)
class StatementRow:
    """A statement, and the agent whose it is."""

    id: int
    agent_id: int
    agent_name: str
    agent_area: str
    agent_user_id: int | None
    supervisor_id: int | None  # who decides it
    office_id: int
    month: date
    state: StatementState
    agent_idr: int
    office_idr: int
    base_idr: int
    contributions: int
    lines_hash: bytes
    computed_by: int | None
    computed_at: datetime
    reason: str
    funding: CommissionFunding | None  # None until it is approved
    held_idr: int  # of the agent's part, on hold when it was approved
    received_idr: int | None  # what BPJS paid of the agent's part; None before that

    @property
    def is_estimate(self) -> bool:
        """Whether BPJS still has to pay what was approved."""
        return self.funding is CommissionFunding.BPJS and self.received_idr is None

    @property
    def total_idr(self) -> int:
        """What approving it costs: the agent's part and the office's."""
        return self.agent_idr + self.office_idr


def rows() -> Select[*tuple[Any, ...]]:
    """The query of all statements; its columns are the fields of `StatementRow`, in their order."""
    return select(
        Statement.id,
        Statement.agent_id,
        Agent.name.label("agent_name"),
        Agent.area.label("agent_area"),
        Agent.user_id.label("agent_user_id"),
        Agent.supervisor_id,
        Statement.office_id,
        Statement.month,
        Statement.state,
        Statement.agent_idr,
        Statement.office_idr,
        Statement.base_idr,
        Statement.contributions,
        Statement.lines_hash,
        Statement.computed_by,
        Statement.computed_at,
        Statement.reason,
        Statement.funding,
        Statement.held_idr,
        Statement.received_idr,
    ).outerjoin(Agent, Agent.id == Statement.agent_id)


def newest(
    session: Session,
    user: User,
    *,
    to: Permission = Permission.COMMISSION_READ,
    limit: int = 24,
) -> list[StatementRow]:
    """The newest statements that the user may see."""
    found = session.execute(_newest(rows(), user, to, limit))
    return [StatementRow(**row._mapping) for row in found]


def newest_of_agent(
    session: Session, user: User, *, agent_id: int, limit: int
) -> list[tuple[StatementRow, list[Message]]]:
    """An agent's newest statements that the user may see, each with its signals."""
    query = rows().add_columns(anomalies.OF_STATEMENT).where(Statement.agent_id == agent_id)
    found = session.execute(_newest(query, user, Permission.COMMISSION_READ, limit))
    names = [field.name for field in fields(StatementRow)]
    return [
        (StatementRow(**dict(zip(names, values, strict=True))), anomalies.messages(signals))
        for *values, signals in found
    ]


def _newest(
    query: Select[*tuple[Any, ...]], user: User, to: Permission, limit: int
) -> Select[*tuple[Any, ...]]:
    return (
        query.where(visible_to(user, to=to))
        .order_by(Statement.month.desc(), Statement.id.desc())
        .limit(limit)
    )


def statement(
    session: Session,
    user: User,
    statement_id: int,
    *,
    to: Permission = Permission.COMMISSION_READ,
) -> StatementRow:
    """One statement; NotFound if it does not exist or the user may not see it."""
    row = session.execute(
        rows().where(Statement.id == statement_id, visible_to(user, to=to))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return StatementRow(**row._mapping)


def visible_to(user: User, *, to: Permission = Permission.COMMISSION_READ) -> ColumnElement[bool]:
    """The condition on statements for which the user holds the permission."""
    return scope.of_agent(user, Statement.agent_id, Statement.office_id, to=to)


def decisions_on(session: Session, *, statement_id: int) -> list[DecisionOn]:
    """Who decided what on a statement, newest first."""
    away = aliased(User)
    of_away = func.concat("user:", away.id) == AuditEvent.details["on_behalf_of"].astext
    rows = session.execute(
        select(AuditEvent.at, AuditEvent.action, User.name, away.name)
        .outerjoin(User, User.id == AuditEvent.actor_id)
        .outerjoin(away, of_away)
        .where(AuditEvent.subject == f"statement:{statement_id}")
        .order_by(AuditEvent.id.desc())
    )
    return [
        DecisionOn(at=at, action=action, who=name or "", for_whom=absent or "")
        for at, action, name, absent in rows
    ]


def total_of(session: Session, *, agent_id: int, month: date) -> int | None:
    """The total of an agent's statement of a month; None without one."""
    return session.scalar(
        select(Statement.total_idr).where(Statement.agent_id == agent_id, Statement.month == month)
    )


def agent_sum(session: Session, *, agent_id: int, month: date) -> int | None:
    """The agent's part of a statement of a month; None without one."""
    return session.scalar(
        select(Statement.agent_idr).where(Statement.agent_id == agent_id, Statement.month == month)
    )


def stored_hash(session: Session, found: Statement) -> bytes:
    """The hash of the statement's stored lines, computed now."""
    return lines_hash(found.agent_id, found.office_id, found.month, stored_items(session, found.id))


def stored_items(session: Session, statement_id: int) -> Sequence[Item]:
    """The statement's lines as items."""
    rows = session.scalars(
        select(StatementLine)
        .where(StatementLine.statement_id == statement_id)
        .execution_options(populate_existing=True)
    )
    return [
        Item(
            rule=line.rule,
            version=line.version,
            beneficiary=line.beneficiary,
            subject=line.subject,
            amount_idr=line.amount_idr,
            reason=reason_from_json(line.reason),
            worker_id=line.worker_id,
            month=line.month,
        )
        for line in rows
    ]
