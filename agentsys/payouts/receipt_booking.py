"""Booking what BPJS paid for commissions: the money, and what it frees for each agent."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.models import Statement
from agentsys.errors import Refused
from agentsys.ledger import accounts, journal
from agentsys.payouts.receipt_models import CommissionReceipt, CommissionReceiptLine


def book(session: Session, found: CommissionReceipt) -> None:
    """Book the money, and free what BPJS paid for each agent and the office."""
    lines = session.scalars(
        select(CommissionReceiptLine)
        .where(CommissionReceiptLine.receipt_id == found.id)
        .order_by(CommissionReceiptLine.statement_id)
    ).all()
    statements = {
        each.id: each
        for each in session.scalars(
            select(Statement)
            .where(Statement.id.in_([line.statement_id for line in lines]))
            .order_by(Statement.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    office_id = found.office_id
    booked = {
        accounts.bank_for_commission(office_id): found.gross_idr - found.tax_idr,
        accounts.tax_prepaid(office_id): found.tax_idr,
        accounts.claim_for_commission(office_id): -found.gross_idr,
        accounts.expected_for_office(office_id): found.office_idr,
        accounts.owed_to_office(office_id): -found.office_idr,
    }
    for line in lines:
        statement = statements[line.statement_id]
        if statement.received_idr is not None:
            raise Refused(
                "Komisi {agent} bulan {month} sudah dibayar BPJS menurut catatan lain."
                " Tolak catatan ini, lalu catat lagi.",
                agent=statement.agent.code,
                month=statement.month,
            )
        statement.received_idr = line.paid_idr
        line.freed_idr = line.paid_idr - still_held(session, statement)
        agent_id = statement.agent_id
        booked[accounts.expected_for_agent(agent_id)] = line.freed_idr
        booked[accounts.owed_to_agent(agent_id)] = -line.freed_idr
    session.flush()
    journal.post(
        session,
        kind="commission.received",
        source=f"commission_receipt:{found.id}",
        at=found.decided_at or clock.now(),
        lines=booked,
    )


def still_held(session: Session, statement: Statement) -> int:
    """What of an approved statement is on hold now, in rupiah."""
    return statement.held_idr
