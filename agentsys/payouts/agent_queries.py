"""Payouts as their agent sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.papers.account_models import AgentAccount
from agentsys.payouts.models import LineState, PayoutLine


@dataclass(frozen=True, kw_only=True)
class AgentPayout:
    """A payout as its agent sees it."""

    id: int
    key: str
    bank: str
    number: str
    gross_idr: int
    deduction_idr: int
    tax_idr: int
    again_idr: int
    net_idr: int
    state: LineState
    sent_at: datetime | None
    paid_on: date | None
    bank_ref: str
    reason: str


def payouts_of(session: Session, *, agent_id: int, limit: int = 24) -> list[AgentPayout]:
    """An agent's newest payouts that were approved, newest first."""
    rows = session.execute(
        select(
            PayoutLine.id,
            PayoutLine.key,
            AgentAccount.bank,
            AgentAccount.number_masked.label("number"),
            PayoutLine.gross_idr,
            PayoutLine.deduction_idr,
            PayoutLine.tax_idr,
            PayoutLine.again_idr,
            PayoutLine.net_idr,
            PayoutLine.state,
            PayoutLine.sent_at,
            PayoutLine.paid_on,
            PayoutLine.bank_ref,
            PayoutLine.reason,
        )
        .join(AgentAccount, AgentAccount.id == PayoutLine.account_id)
        .where(PayoutLine.agent_id == agent_id, PayoutLine.withheld_at.is_not(None))
        .order_by(PayoutLine.number.desc())
        .limit(limit)
    )
    return [AgentPayout(**row._mapping) for row in rows]
