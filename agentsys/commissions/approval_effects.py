"""The effects of a decision on a statement: journal entry, audit record, event."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.commissions.approving import stages
from agentsys.commissions.models import Statement, StatementState
from agentsys.events import record as events
from agentsys.extension.events import StatementApproved, StatementReturned
from agentsys.ledger import accounts, journal
from agentsys.terms.models import CommissionFunding
from agentsys.terms.reading import terms_in


def funding_of(session: Session, statement: Statement) -> CommissionFunding:
    """Whose money the statement's commissions are, by the terms of its office and month."""
    return terms_in(session, office_id=statement.office_id, month=statement.month).funding


def post(session: Session, statement: Statement) -> None:
    """Post an approved statement to the journal: who pays it, and what is owed to whom.

    Where commissions are BPJS' money, the agent's and the office's parts are only expected until
    BPJS has paid the office; otherwise they are the office's expense, and are owed at once.
    """
    agent_id, office_id = statement.agent_id, statement.office_id
    if statement.funding is CommissionFunding.BPJS:
        payer = accounts.claim_for_commission(office_id)
        agent = accounts.expected_for_agent(agent_id)
        office = accounts.expected_for_office(office_id)
    else:
        payer = accounts.commission(office_id)
        agent = accounts.owed_to_agent(agent_id)
        office = accounts.owed_to_office(office_id)
    lines = {
        payer: statement.total_idr,
        agent: statement.held_idr - statement.agent_idr,
        accounts.held_of(agent_id): -statement.held_idr,
        office: -statement.office_idr,
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
    """Record a decision in the audit trail and as an event; an earlier stage in the trail alone."""
    if statement.state is StatementState.SUBMITTED:
        _record_stage(session, statement)
        return
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
            **behalf(statement.decided_for),
        },
    )
    events.record(session, _happened(statement), actor_id=statement.decided_by)


def _record_stage(session: Session, statement: Statement) -> None:
    given = stages.last_of(session, statement)
    trail.record(
        session,
        actor_id=given.approved_by,
        action="commission.stage_approved",
        subject=f"statement:{statement.id}",
        details={
            "agent_id": statement.agent_id,
            "month": f"{statement.month:%Y-%m}",
            "agent_idr": statement.agent_idr,
            "office_idr": statement.office_idr,
            "lines": statement.lines_hash.hex(),
            "stage": given.stage,
            "stages": given.stages,
            **behalf(given.on_behalf_of),
        },
    )


def behalf(user_id: int | None) -> dict[str, str]:
    """For whom a delegate decided, as the audit trail has it; nothing for an own decision."""
    return {} if user_id is None else {"on_behalf_of": f"user:{user_id}"}


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
