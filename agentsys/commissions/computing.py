"""One agent's statement for one month, computed from the basis by the rules."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Text, any_, delete, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions import basis
from agentsys.commissions.carried import items as carried
from agentsys.commissions.lines import (
    Hook,
    Item,
    RuleProblem,
    items_of,
    lines_hash,
    reason_as_json,
)
from agentsys.commissions.models import CommissionRun, Statement, StatementLine, StatementState
from agentsys.commissions.rates import reading
from agentsys.extension.contract import AgentMonth, Beneficiary
from agentsys.people.models import Agent
from agentsys.workers import bpjs_answers

_LONGEST_ANSWER = timedelta(minutes=15)  # longer than any transaction of a page

_COPY = (
    "COPY statement_lines (statement_id, rule, version, beneficiary, subject, worker_id, month,"
    " amount_idr, reason) FROM STDIN"
)


@dataclass(frozen=True, kw_only=True)
class Granted:
    """The result of computing one statement."""

    lines: int = 0
    amount_idr: int = 0


def compute(
    session: Session, *, agent_id: int, month: date, hook: Hook, run: CommissionRun
) -> Granted:
    """Create or recompute the agent's statement; an approved one is not changed."""
    # All that follows is found by index. In a first month, which no statistics describe yet, the
    # planner would rather read the whole table of lines, again for each agent.
    session.execute(text("SET LOCAL enable_seqscan = off"))
    # The agent's row is the lock: the statement may not exist yet.
    agent = session.scalars(
        select(Agent).where(Agent.id == agent_id).with_for_update(key_share=True)
    ).one()
    statement = session.scalar(
        select(Statement)
        .where(Statement.agent_id == agent_id, Statement.month == month)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if statement and statement.state is StatementState.APPROVED:
        return Granted()
    reading.keep_still(session)
    asked_at = clock.now()
    if bpjs_answers.under_way(session):
        # They are not in these lines, so their time must be later than that of the lines.
        asked_at -= _LONGEST_ANSWER
    known = basis.agent_month(session, agent=agent, month=month)
    items = _not_granted_elsewhere(session, statement, items_of(hook(known), known))
    items += carried.items(
        session,
        agent_id=agent.id,
        month=month,
        statement_id=statement.id if statement else None,
    )
    if items:
        if statement is None:
            statement = Statement(agent_id=agent.id, month=month)
            session.add(statement)
        statement.computed_at = asked_at
        if _is_news(statement, agent, known, items):
            _rewrite(session, statement, agent, items, run)
    elif statement:
        _remove(session, statement)
    return Granted(lines=len(items), amount_idr=sum(item.amount_idr for item in items))


def _not_granted_elsewhere(
    session: Session, statement: Statement | None, items: list[Item]
) -> list[Item]:
    subjects = sorted({item.subject for item in items})
    granted = session.execute(
        select(
            StatementLine.subject,
            StatementLine.rule,
            StatementLine.beneficiary,
            Statement.state,
            Statement.month,
            Agent.code,
        )
        .join(Statement, Statement.id == StatementLine.statement_id)
        .join(Agent, Agent.id == Statement.agent_id)
        .where(
            StatementLine.subject == any_(literal(subjects, ARRAY(Text))),
            StatementLine.statement_id != (statement.id if statement else 0),
        )
    )
    elsewhere = {
        (subject, rule, beneficiary.value): (state, code, month)
        for subject, rule, beneficiary, state, month, code in granted
    }
    kept = []
    for item in items:
        if item.key not in elsewhere:
            kept.append(item)
            continue
        state, code, month = elsewhere[item.key]
        if state is not StatementState.APPROVED:
            raise RuleProblem(
                "{subject} sudah mendapat {rule} dalam laporan {agent} bulan {month} yang belum"
                " disetujui. Hitung ulang laporan itu lebih dulu.",
                subject=item.subject,
                rule=item.rule,
                agent=code,
                month=month,
            )
    return kept


def _is_news(statement: Statement, agent: Agent, known: AgentMonth, items: list[Item]) -> bool:
    """Whether the lines differ from those that wait for approval; the basis is updated anyway."""
    statement.base_idr = sum(c.amount_idr for c in known.contributions)
    statement.contributions = len(known.contributions)
    before, statement.lines_hash = (
        statement.lines_hash,
        lines_hash(agent.id, agent.office_id, known.month, items),
    )
    return statement.state is not StatementState.SUBMITTED or before != statement.lines_hash


def _rewrite(
    session: Session, statement: Statement, agent: Agent, items: list[Item], run: CommissionRun
) -> None:
    statement.office_id = agent.office_id
    statement.state = StatementState.SUBMITTED
    statement.agent_idr = _sum_for(Beneficiary.AGENT, items)
    statement.office_idr = _sum_for(Beneficiary.OFFICE, items)
    statement.run_id = run.id
    statement.computed_by = run.started_by
    statement.decided_by = statement.decided_for = statement.decided_at = None
    statement.reason = ""
    session.flush()
    session.execute(delete(StatementLine).where(StatementLine.statement_id == statement.id))
    _copy(session, statement.id, items)


def _copy(session: Session, statement_id: int, items: list[Item]) -> None:
    driver = session.connection().connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        for item in items:
            copy.write_row(
                (
                    statement_id,
                    item.rule,
                    item.version,
                    item.beneficiary.value,
                    item.subject,
                    item.worker_id,
                    item.month,
                    item.amount_idr,
                    json.dumps(reason_as_json(item.reason)),
                )
            )


def _remove(session: Session, statement: Statement) -> None:
    session.execute(delete(StatementLine).where(StatementLine.statement_id == statement.id))
    session.execute(delete(Statement).where(Statement.id == statement.id))
    session.expire_all()


def _sum_for(beneficiary: Beneficiary, items: list[Item]) -> int:
    return sum(item.amount_idr for item in items if item.beneficiary is beneficiary)
