"""Deciding about statements, and what the journal says then."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.commissions.approval import Action, decide
from agentsys.commissions.models import Statement
from agentsys.ledger.models import Entry
from agentsys.people.models import User


def approve(session: Session, statement: Statement, actor: User, **values: object) -> Statement:
    """Approve what is in the database now."""
    given = {
        "statement_id": statement.id,
        "action": Action.APPROVE,
        "actor": actor,
        "seen_hash": statement.lines_hash,
    } | values
    return decide(session, **given)  # type: ignore[arg-type]


def entries(session: Session) -> int:
    """The number of journal entries."""
    return session.scalar(select(func.count()).select_from(Entry)) or 0
