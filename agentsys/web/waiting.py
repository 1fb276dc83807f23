"""How much waits for the signed-in person in each room, for the menu."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_security import current_user
from sqlalchemy import ColumnElement, func, select

from agentsys.commissions.models import Statement, StatementState
from agentsys.db import db
from agentsys.payments.models import Case, Deposit, DepositState
from agentsys.people import scope
from agentsys.people.models import RoleName
from agentsys.transfers.models import Transfer, TransferState
from agentsys.web.finance.cases import of_my_office
from agentsys.web.finance.transfers import transfers_of_my_office


def waiting_in(endpoint: str) -> int:
    """What waits behind one entry of the menu; counted once a request."""
    if "waiting" not in g:
        g.waiting = _counts(current_user.role)
    return int(g.waiting.get(endpoint, 0))


def _counts(role: RoleName) -> dict[str, int]:
    if role is RoleName.SUPERVISOR:
        mine = scope.of_agent(current_user, Statement.agent_id, Statement.office_id)
        submitted = Statement.state == StatementState.SUBMITTED
        return {"supervisor.commissions": _count(Statement, mine, submitted)}
    if role in (RoleName.FINANCE, RoleName.ADMIN):
        deposits = scope.of_office(current_user, Deposit.office_id)
        declared = Deposit.state == DepositState.DECLARED
        cases = _count(Case, of_my_office(), Case.closed_at.is_(None))
        proposed = Transfer.state == TransferState.PROPOSED
        transfers = _count(Transfer, transfers_of_my_office(), proposed)
        return {
            "finance.deposits": _count(Deposit, deposits, declared),
            "finance.cases": cases + transfers,
        }
    return {}


def _count(model: Any, *conditions: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(model).where(*conditions)
    return int(db.session.scalar(query) or 0)
