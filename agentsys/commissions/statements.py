"""Commission statements to read: what waits for approval, what was granted, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session, joinedload

from agentsys.commissions.lines import Item, lines_hash, reason_from_json
from agentsys.commissions.models import CommissionRun, Statement, StatementLine, StatementState
from agentsys.errors import NotFound
from agentsys.extension.contract import Beneficiary, Message
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class ExplainedLine:
    """A line for people: for whom, about whom, how much, and the reason as a sentence's parts."""

    id: int
    rule: str
    version: str
    beneficiary: Beneficiary
    amount_idr: int
    reason: Message
    worker_id: int | None
    worker_name: str
    month: date | None

    @property
    def sentence(self) -> str:
        """Why the amount is what it is, in Indonesian."""
        return self.reason.sentence()


def in_state(
    session: Session,
    *,
    condition: ColumnElement[bool],
    state: StatementState,
    after: int = 0,
    limit: int | None = None,
) -> list[Statement]:
    """Statements in a state, in pages by the last one's id.

    Those that wait: oldest month and largest sum first; the others: newest month first.
    """
    query = (
        select(Statement)
        .where(Statement.state == state, condition)
        .options(joinedload(Statement.agent), joinedload(Statement.office))
        .limit(limit)
    )
    last = session.get(Statement, after) if after else None
    if state is StatementState.SUBMITTED:
        order = (Statement.month, -Statement.total_idr, Statement.id)
        query = query.order_by(*order)
        if last is not None:
            query = query.where(tuple_(*order) > (last.month, -last.total_idr, last.id))
    else:
        query = query.order_by(Statement.month.desc(), Statement.id.desc())
        if last is not None:
            query = query.where(tuple_(Statement.month, Statement.id) < (last.month, last.id))
    return list(session.scalars(query))


def statements(
    session: Session, *, condition: ColumnElement[bool], limit: int = 24
) -> list[Statement]:
    """The newest statements within a condition."""
    return list(
        session.scalars(
            select(Statement)
            .where(condition)
            .options(joinedload(Statement.agent), joinedload(Statement.office))
            .order_by(Statement.month.desc(), Statement.id.desc())
            .limit(limit)
        )
    )


def statement(session: Session, *, condition: ColumnElement[bool], statement_id: int) -> Statement:
    """One statement within a condition; NotFound for missing ones and for others' alike."""
    found = session.scalar(
        select(Statement)
        .where(Statement.id == statement_id, condition)
        .options(joinedload(Statement.agent), joinedload(Statement.office))
    )
    if found is None:
        raise NotFound()
    return found


def explained_lines(
    session: Session,
    *,
    statement_id: int,
    beneficiary: Beneficiary | None = None,
    after: int = 0,
    limit: int | None = None,
) -> list[ExplainedLine]:
    """The statement's lines with their reasons, in pages by the last line's id."""
    query = (
        select(StatementLine, Worker.name)
        .outerjoin(Worker, Worker.id == StatementLine.worker_id)
        .where(StatementLine.statement_id == statement_id, StatementLine.id > after)
        .order_by(StatementLine.id)
        .limit(limit)
    )
    if beneficiary is not None:
        query = query.where(StatementLine.beneficiary == beneficiary)
    return [
        ExplainedLine(
            id=line.id,
            rule=line.rule,
            version=line.version,
            beneficiary=line.beneficiary,
            amount_idr=line.amount_idr,
            reason=reason_from_json(line.reason),
            worker_id=line.worker_id,
            worker_name=name or "",
            month=line.month,
        )
        for line, name in session.execute(query)
    ]


def stored_hash(session: Session, found: Statement) -> bytes:
    """The fingerprint of what is in the statement's lines now, whatever its row says."""
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


def unfinished_runs(session: Session) -> list[CommissionRun]:
    """Runs that stopped for some agents, or were interrupted; newest first."""
    return list(
        session.scalars(
            select(CommissionRun)
            .where(CommissionRun.finished_at.is_(None))
            .order_by(CommissionRun.month.desc(), CommissionRun.id.desc())
        )
    )
