"""Computing a month's commissions: one transaction for each agent; failures are recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions import basis, uncomputed
from agentsys.commissions.carried import items as carried
from agentsys.commissions.computing import Granted, compute
from agentsys.commissions.lines import Hook
from agentsys.commissions.models import CommissionRun, Statement, StatementState
from agentsys.commissions.rates import reading
from agentsys.commissions.rule_check import check_in_force
from agentsys.errors import Invalid, Refused
from agentsys.people.models import Agent

Transaction = Callable[[], AbstractContextManager[Session]]

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class RunOutcome:
    """What a run did; with failures, by agent code, it stays open and can be run again."""

    run_id: int
    agents: int
    lines: int
    amount_idr: int
    failures: dict[str, str]


def run_month(
    transaction: Transaction,
    *,
    hook: Hook,
    month: date,
    actor_id: int | None,
    office_id: int | None = None,
) -> RunOutcome:
    """Compute a month's statements, of an office or of all; approved ones stay as they are."""
    with transaction() as session:
        check_month(session, hook, month, office_id=office_id)
    with transaction() as session:
        run_id = _open_run(session, month, office_id, actor_id).id
        agent_ids = _agents_of(session, month, office_id)
    granted: list[Granted] = []
    failures: dict[str, str] = {}
    for agent_id in agent_ids:
        try:
            with transaction() as session:
                run = session.get_one(CommissionRun, run_id)
                granted.append(compute(session, agent_id=agent_id, month=month, hook=hook, run=run))
        except Exception as error:
            log.exception("commissions of agent %s for %s stopped", agent_id, month)
            failures |= _failure(transaction, agent_id, error)
    with transaction() as session:
        outcome = _close_run(session, run_id, granted, failures)
    with transaction() as session:
        session.execute(text("SET LOCAL statement_timeout = '5min'"))
        uncomputed.keep(session, office_id=office_id)
    return outcome


def check_month(session: Session, hook: Hook, month: date, *, office_id: int | None) -> None:
    """Refuse a month that has not begun, or has no rule or two versions of one rule in force.

    Without an office, each office with rates of its own is checked as well.
    """
    if month.day != 1 or month > clock.this_month():
        raise Invalid("Pilih bulan yang sudah atau sedang berjalan, misalnya 2026-11.")
    offices = [office_id]
    if office_id is None:
        offices += reading.offices_with_own(session, month=month)
    for number in offices:
        rates = reading.decided(session, office_id=number, month=month)
        check_in_force(hook, month, rates)


def _open_run(
    session: Session, month: date, office_id: int | None, actor_id: int | None
) -> CommissionRun:
    # A failed or interrupted run is resumed; it is done when nothing fails.
    run = session.scalar(
        select(CommissionRun)
        .where(
            CommissionRun.month == month,
            CommissionRun.office_id.is_not_distinct_from(office_id),
            CommissionRun.finished_at.is_(None),
        )
        .order_by(CommissionRun.id.desc())
        .limit(1)
    )
    if run is None:
        run = CommissionRun(month=month, office_id=office_id, failures={})
        session.add(run)
    run.started_by = actor_id
    run.started_at = clock.now()  # shows whether the month had ended when it was computed
    session.flush()
    return run


def _agents_of(session: Session, month: date, office_id: int | None) -> list[int]:
    # Agents with a statement are included: their contributions may have been withdrawn.
    stated = select(Statement.agent_id).where(
        Statement.month == month, Statement.state != StatementState.APPROVED
    )
    if office_id is not None:
        stated = stated.join(Agent).where(Agent.office_id == office_id)
    earned = basis.agents_to_compute(session, month=month, office_id=office_id)
    owed = carried.agents_with_any(session, month=month, office_id=office_id)
    return sorted({*earned, *owed, *session.scalars(stated)})


def _failure(transaction: Transaction, agent_id: int, error: Exception) -> dict[str, str]:
    with transaction() as session:
        code = session.scalars(select(Agent.code).where(Agent.id == agent_id)).one()
    said = str(error) if isinstance(error, Refused) else _words_of(error)
    return {code: said[:500]}


def _words_of(error: Exception) -> str:
    # SQLAlchemy's message contains the SQL; the driver's message has only the error.
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {cause}"


def _close_run(
    session: Session, run_id: int, granted: list[Granted], failures: dict[str, str]
) -> RunOutcome:
    run = session.get_one(CommissionRun, run_id)
    run.agents = len(granted)
    run.lines = sum(part.lines for part in granted)
    run.amount_idr = sum(part.amount_idr for part in granted)
    run.failures = failures
    run.finished_at = None if failures else clock.now()
    outcome = RunOutcome(
        run_id=run.id,
        agents=run.agents,
        lines=run.lines,
        amount_idr=run.amount_idr,
        failures=failures,
    )
    trail.record(
        session,
        actor_id=run.started_by,
        action="commissions.computed",
        subject=f"month:{run.month:%Y-%m}",
        details={
            "run_id": run.id,
            "office": run.office_id,
            "agents": run.agents,
            "lines": run.lines,
            "amount_idr": run.amount_idr,
            "failures": failures,
        },
    )
    return outcome
