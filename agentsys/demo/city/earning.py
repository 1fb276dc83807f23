"""Commissions of past months: approved, except for the newest month, which waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agentsys.commissions.approval import Action, decide
from agentsys.commissions.lines import Hook
from agentsys.commissions.models import CommissionRun, Statement, StatementState
from agentsys.commissions.rule_check import NoRule
from agentsys.commissions.run import run_month
from agentsys.demo.city.staff import Staff
from agentsys.demo.city.times import Times, moment
from agentsys.months import add_months
from agentsys.people.models import User

COMPUTED_DAY, DECIDED_DAY = 2, 4
WHY_RETURNED = "Periksa lagi pekerja baru yang didaftarkan di akhir bulan, lalu hitung ulang."


def earn(session: Session, *, staff: Staff, times: Times, hook: Hook) -> None:
    """Compute every month that is over, and let the supervisors decide on all but the newest."""
    months = times.months[:-1] or times.months
    for month in months:
        at = min(moment(add_months(month, 1), COMPUTED_DAY, 9 * 60), times.ago(hours=1))
        for office_id in (staff.main_id, staff.other_id):
            try:
                outcome = run_month(
                    partial(_within, session),
                    hook=hook,
                    month=month,
                    actor_id=staff.admin_id,
                    office_id=office_id,
                )
            except NoRule:
                return  # without a rule nobody earns anything, and the city has no statements
            if outcome.failures:
                raise RuntimeError(f"commissions of {month:%Y-%m}: {outcome.failures}")
        if month != months[-1]:
            _approve(session, month)
        _date_back(session, month, at)
    _return_one(session, months[-1], staff)
    session.expire_all()


@contextmanager
def _within(session: Session) -> Iterator[Session]:
    """What a run gets instead of `transaction`: a savepoint in the caller's transaction."""
    with session.begin_nested():
        yield session


def _approve(session: Session, month: date) -> None:
    waiting = session.scalars(
        select(Statement)
        .where(Statement.month == month, Statement.state == StatementState.SUBMITTED)
        .order_by(Statement.id)
    ).all()
    for statement in waiting:
        decide(
            session,
            statement_id=statement.id,
            action=Action.APPROVE,
            actor=session.get_one(User, statement.agent.supervisor_id),
            seen_hash=statement.lines_hash,
        )


def _date_back(session: Session, month: date, at: datetime) -> None:
    """Set the times that the services wrote to that month."""
    decided = moment(add_months(month, 1), DECIDED_DAY, 10 * 60)
    of_month = update(Statement).where(Statement.month == month)
    session.execute(of_month.values(computed_at=at))
    session.execute(
        of_month.where(Statement.state == StatementState.APPROVED).values(decided_at=decided)
    )
    session.execute(
        update(CommissionRun)
        .where(CommissionRun.month == month)
        .values(started_at=at, finished_at=at + timedelta(seconds=30))
    )


def _return_one(session: Session, month: date, staff: Staff) -> None:
    """Return the last agent's newest statement, so that it must be computed again."""
    agent = staff.agents[-1]
    statement = session.scalar(
        select(Statement).where(Statement.agent_id == agent.id, Statement.month == month)
    )
    if statement is not None:
        decide(
            session,
            statement_id=statement.id,
            action=Action.RETURN,
            actor=session.get_one(User, agent.supervisor_id),
            seen_hash=statement.lines_hash,
            reason=WHY_RETURNED,
        )
