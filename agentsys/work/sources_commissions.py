"""Open work about commissions: statements to decide, to compute again, and runs that stopped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, bindparam, exists, func, literal_column, or_, select

from agentsys.commissions.approving.models import StatementApproval
from agentsys.commissions.models import CommissionRun, Statement, StatementState
from agentsys.people.models import Agent, Office
from agentsys.remittances.models import Remittance
from agentsys.work.columns import NOW, waiting
from agentsys.work.sources_bpjs import midnight, of_office_and_month

_LAST = bindparam("last_month", type_=Date)
_THIS = bindparam("this_month", type_=Date)
_EARNER = select(Agent.user_id).where(Agent.id == Statement.agent_id).scalar_subquery()
_NO_FAILURES: ColumnElement[Any] = literal_column("'{}'::jsonb")
_MONTH = func.to_char(Statement.month, "YYYY-MM")


def approved_in_part() -> ColumnElement[bool]:
    """Whether somebody has approved the statement's present lines; then another stage waits."""
    return exists().where(
        StatementApproval.statement_id == Statement.id,
        StatementApproval.lines_hash == Statement.lines_hash,
        StatementApproval.voided_at.is_(None),
    )


SUBMITTED = waiting(
    "statement.submitted",
    Statement.id,
    since=Statement.computed_at,
    office_id=Statement.office_id,
    agent_id=Statement.agent_id,
    about=_MONTH,
    amount_idr=Statement.agent_idr + Statement.office_idr,
    not_by=Statement.computed_by,
    nor_by=_EARNER,
).where(Statement.state == StatementState.SUBMITTED, ~approved_in_part())

RETURNED = waiting(
    "statement.returned",
    Statement.id,
    since=Statement.decided_at,
    office_id=Statement.office_id,
    agent_id=Statement.agent_id,
    about=Statement.reason,
    amount_idr=Statement.agent_idr + Statement.office_idr,
).where(Statement.state == StatementState.RETURNED)

# A run without an end and without failures is running, or its process was killed.
_LONGEST = timedelta(hours=1)
STOPPED = waiting(
    "run.stopped",
    CommissionRun.id,
    since=CommissionRun.started_at,
    office_id=CommissionRun.office_id,
    about=func.to_char(CommissionRun.month, "YYYY-MM"),
).where(
    CommissionRun.finished_at.is_(None),
    or_(
        CommissionRun.failures != _NO_FAILURES,
        CommissionRun.started_at < NOW - _LONGEST,
    ),
)

# BPJS confirmed something of the office in the month that ended, and nothing was computed since.
UNCOMPUTED = (
    waiting(
        "month.uncomputed", of_office_and_month(_LAST), since=midnight(_THIS), office_id=Office.id
    )
    .select_from(Office)
    .where(
        exists().where(
            Remittance.office_id == Office.id,
            Remittance.confirmed_at >= midnight(_LAST),
            Remittance.confirmed_at < midnight(_THIS),
        ),
        ~exists().where(
            CommissionRun.month == _LAST,
            or_(CommissionRun.office_id.is_(None), CommissionRun.office_id == Office.id),
            or_(CommissionRun.finished_at.is_(None), CommissionRun.started_at >= midnight(_THIS)),
        ),
    )
)
