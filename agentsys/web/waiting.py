"""How much waits for the signed-in person in each room, for the menu."""

from __future__ import annotations

from flask import g
from flask_security import current_user

from agentsys.commissions.queries import waiting_statements
from agentsys.db import db
from agentsys.payments.case_queries import open_cases
from agentsys.payments.deposit_queries import waiting_deposits
from agentsys.people.permissions import Permission
from agentsys.transfers.queries import count_waiting_transfers


def waiting_in(endpoint: str) -> int:
    """What waits behind one entry of the menu; counted once a request."""
    if "waiting" not in g:
        g.waiting = _counts()
    return int(g.waiting.get(endpoint, 0))


def _counts() -> dict[str, int]:
    session, found = db.session(), {}
    if current_user.can(Permission.COMMISSION_APPROVE):
        found["supervisor.commissions"] = waiting_statements(session, current_user)
    if current_user.can(Permission.DEPOSIT_CONFIRM):
        found["finance.deposits"] = waiting_deposits(session, current_user).count
    if current_user.can(Permission.CASE_CLOSE):
        transfers = count_waiting_transfers(session, current_user)
        found["finance.cases"] = open_cases(session, current_user) + transfers
    return found
