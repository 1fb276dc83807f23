"""The effects of a decision on a statement: journal entry, audit record, event."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.models import Statement, StatementState
from agentsys.events import record as events
from agentsys.extension.events import StatementApproved, StatementReturned
from agentsys.ledger import accounts, journal


def post(session: Session, statement: Statement) -> None:
    """Post an approved statement to the journal: the expense, and the debt."""
    lines = {
        accounts.commission(statement.office_id): statement.total_idr,
        accounts.owed_to_agent(statement.agent_id): -statement.agent_idr,
        accounts.owed_to_office(statement.office_id): -statement.office_idr,
    }
    if any(lines.values()):
        journal.post(
            session,
            kind="commission.approved",
            source=f"statement:{statement.id}",
            at=statement.decided_at or clock.now(),
            lines=lines,
        )


def record(session: Session, statement: Statement) -> None:
    """Record a decision in the audit trail and as an event."""
    trail.record(
        session,
        actor_id=statement.decided_by,
        action=f"commission.{statement.state}",
        subject=f"statement:{statement.id}",
        details={
            "agent_id": statement.agent_id,
            "month": f"{statement.month:%Y-%m}",
            "agent_idr": statement.agent_idr,
            "office_idr": statement.office_idr,
            "lines": statement.lines_hash.hex(),
            "reason": statement.reason,
        },
    )
    events.record(session, _happened(statement), actor_id=statement.decided_by)


def _happened(statement: Statement) -> StatementApproved | StatementReturned:
    if statement.state is StatementState.RETURNED:
        return StatementReturned(
            office_id=statement.office_id,
            agent_id=statement.agent_id,
            statement_id=statement.id,
            month=statement.month,
            reason=statement.reason,
        )
    return StatementApproved(
        office_id=statement.office_id,
        agent_id=statement.agent_id,
        statement_id=statement.id,
        month=statement.month,
        agent_idr=statement.agent_idr,
        office_idr=statement.office_idr,
    )
