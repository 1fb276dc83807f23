"""How much waits for the signed-in person in each room, for the menu."""

from __future__ import annotations

from flask import g
from flask_security import current_user

from agentsys.commissions.queries import waiting_statements
from agentsys.db import db
from agentsys.payments.case_queries import open_cases
from agentsys.payments.deposit_queries import waiting_deposits
from agentsys.people.models import RoleName
from agentsys.transfers.queries import count_waiting_transfers


def waiting_in(endpoint: str) -> int:
    """What waits behind one entry of the menu; counted once a request."""
    if "waiting" not in g:
        g.waiting = _counts(current_user.role)
    return int(g.waiting.get(endpoint, 0))


def _counts(role: RoleName) -> dict[str, int]:
    session = db.session()
    if role is RoleName.SUPERVISOR:
        return {"supervisor.commissions": waiting_statements(session, current_user)}
    if role in (RoleName.FINANCE, RoleName.ADMIN):
        transfers = count_waiting_transfers(session, current_user)
        return {
            "finance.deposits": waiting_deposits(session, current_user).count,
            "finance.cases": open_cases(session, current_user) + transfers,
        }
    return {}
