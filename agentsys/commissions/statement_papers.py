"""What papers about commissions contain: all lines of a statement, and an office's month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from agentsys.commissions.lines import reason_from_json
from agentsys.commissions.models import Statement, StatementLine, StatementState
from agentsys.commissions.statements import ExplainedLine, visible_to
from agentsys.extension.contract import Beneficiary
from agentsys.months import add_months
from agentsys.people.models import Agent, User
from agentsys.workers.models import Worker

LOT = 1_000  # lines in memory


@dataclass(frozen=True, kw_only=True)
class MonthRow:
    """An agent's statement of a month, beside that of the month before; None without one."""

    agent_code: str
    agent_name: str
    state: StatementState | None
    contributions: int
    agent_idr: int | None
    office_idr: int | None
    before_idr: int | None  # the agent's part of the month before
    before_contributions: int

    @property
    def difference_idr(self) -> int:
        """How much more the agent earned than the month before."""
        return (self.agent_idr or 0) - (self.before_idr or 0)


def all_lines(
    session: Session, *, statement_id: int, beneficiary: Beneficiary | None = None
) -> Iterator[ExplainedLine]:
    """The lines of a statement, or one beneficiary's, by rule and worker; read in lots."""
    name = func.coalesce(Worker.name, "")
    query = (
        select(StatementLine, name)
        .outerjoin(Worker, Worker.id == StatementLine.worker_id)
        .where(StatementLine.statement_id == statement_id)
        .order_by(StatementLine.rule, name, StatementLine.month, StatementLine.id)
        .execution_options(yield_per=LOT)
    )
    if beneficiary is not None:
        query = query.where(StatementLine.beneficiary == beneficiary)
    for line, worker in session.execute(query):
        yield ExplainedLine(
            id=line.id,
            rule=line.rule,
            version=line.version,
            beneficiary=line.beneficiary,
            amount_idr=line.amount_idr,
            reason=reason_from_json(line.reason),
            worker_id=line.worker_id,
            worker_name=worker,
            month=line.month,
        )


def month_of(session: Session, user: User, *, month: date) -> Sequence[MonthRow]:
    """The statements of a month in the user's scope, with those of the month before, by name."""
    now, before = aliased(Statement), aliased(Statement)
    ids = {
        moment: select(Statement.id).where(Statement.month == moment, visible_to(user))
        for moment in (month, add_months(month, -1))
    }
    rows = session.execute(
        select(
            Agent.code,
            Agent.name,
            now.state,
            now.contributions,
            now.agent_idr,
            now.office_idr,
            before.agent_idr,
            before.contributions,
        )
        .join_from(Agent, now, (now.agent_id == Agent.id) & now.id.in_(ids[month]), isouter=True)
        .outerjoin(
            before,
            (before.agent_id == Agent.id) & before.id.in_(ids[add_months(month, -1)]),
        )
        .where((now.id.is_not(None)) | (before.id.is_not(None)))
        .order_by(Agent.name, Agent.id)
    )
    return [
        MonthRow(
            agent_code=code,
            agent_name=name,
            state=state,
            contributions=contributions or 0,
            agent_idr=agent_idr,
            office_idr=office_idr,
            before_idr=before_idr,
            before_contributions=before_contributions or 0,
        )
        for (
            code, name, state, contributions, agent_idr, office_idr, before_idr,
            before_contributions,
        ) in rows
    ]  # fmt: skip
