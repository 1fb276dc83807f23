"""The lines that carried items become in the next statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, literal, select
from sqlalchemy.orm import Session

from agentsys.commissions.basis import month_bounds
from agentsys.commissions.carried.models import CarriedItem, CarriedKind, CarriedState
from agentsys.commissions.lines import Item
from agentsys.commissions.models import Statement, StatementLine
from agentsys.extension.contract import Beneficiary
from agentsys.messages import Message
from agentsys.months import add_months
from agentsys.people.models import Agent

ADJUSTED = "koreksi komisi: {why}"
TAKEN_BACK = "dikembalikan dari laporan {from_month}: {why}"
RULE = "adjustment"
PREFIX = "carried:"


def subject_of(carried_id: int) -> str:
    """What the lines of a carried item are about."""
    return f"{PREFIX}{carried_id}"


def agents_with_any(session: Session, *, month: date, office_id: int | None) -> list[int]:
    """Ids of agents, of an office or of all, with something for that month's statement."""
    query = select(CarriedItem.agent_id).where(_for_month(month), ~_is_in_another(0))
    if office_id is not None:
        query = query.join(Agent, Agent.id == CarriedItem.agent_id).where(
            Agent.office_id == office_id
        )
    return sorted(set(session.scalars(query)))


def items(session: Session, *, agent_id: int, month: date, statement_id: int | None) -> list[Item]:
    """What the agent's statement carries: approved, and in no other statement.

    A statement of a month that was over long before the decision carries nothing.
    """
    found = session.scalars(
        select(CarriedItem)
        .where(
            CarriedItem.agent_id == agent_id,
            _for_month(month),
            ~_is_in_another(statement_id or 0),
        )
        .order_by(CarriedItem.id)
    ).all()
    return [item for row in found for item in _items(session, row)]


def reversed_lines(
    session: Session, *, statement_id: int, of: Collection[tuple[int, date | None]] | None = None
) -> Sequence[StatementLine]:
    """The agent's lines of a statement that are about contributions, or about these alone."""
    found = session.scalars(
        select(StatementLine)
        .where(
            StatementLine.statement_id == statement_id,
            StatementLine.beneficiary == Beneficiary.AGENT,
            StatementLine.worker_id.is_not(None),
            ~StatementLine.subject.startswith(PREFIX),
        )
        .order_by(StatementLine.id)
    ).all()
    return [line for line in found if of is None or (line.worker_id, line.month) in of]


def _for_month(month: date) -> ColumnElement[bool]:
    """Decided until the end of the month after it, in which that month is computed."""
    _begins, ends = month_bounds(add_months(month, 1))
    return and_(CarriedItem.state == CarriedState.APPROVED, CarriedItem.decided_at < ends)


def _is_in_another(statement_id: int) -> ColumnElement[bool]:
    return exists().where(
        StatementLine.subject == literal(PREFIX).concat(CarriedItem.id),
        StatementLine.statement_id != statement_id,
    )


def _items(session: Session, row: CarriedItem) -> list[Item]:
    if row.kind is CarriedKind.ADJUSTMENT:
        reason = Message(text=ADJUSTED, values={"why": row.why})
        sums = ((Beneficiary.AGENT, row.agent_idr), (Beneficiary.OFFICE, row.office_idr))
        return [
            Item(
                rule=RULE,
                version=RULE,
                beneficiary=beneficiary,
                subject=subject_of(row.id),
                amount_idr=amount_idr,
                reason=reason,
                worker_id=None,
                month=None,
            )
            for beneficiary, amount_idr in sums
            if amount_idr
        ]
    return _negated(session, row)


def _negated(session: Session, row: CarriedItem) -> list[Item]:
    """Negated copies of the lines of a contribution, and what the office gives back with them."""
    assert row.statement_id is not None
    statement = session.get_one(Statement, row.statement_id)
    reason = Message(
        text=TAKEN_BACK, values={"from_month": f"{statement.month:%Y-%m}", "why": row.why}
    )
    lines = reversed_lines(session, statement_id=statement.id, of={(row.worker_id or 0, row.month)})
    found = [
        Item(
            rule=line.rule,
            version=line.version,
            beneficiary=Beneficiary.AGENT,
            subject=subject_of(row.id),
            amount_idr=-line.amount_idr,
            reason=reason,
            worker_id=line.worker_id,
            month=line.month,
        )
        for line in lines
    ]
    if row.office_idr:
        found.append(
            Item(
                rule=RULE,
                version=RULE,
                beneficiary=Beneficiary.OFFICE,
                subject=subject_of(row.id),
                amount_idr=row.office_idr,
                reason=reason,
                worker_id=None,
                month=None,
            )
        )
    return found
