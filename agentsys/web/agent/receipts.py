"""The receipt after a collection, with links to send it and to the next worker."""

from __future__ import annotations

from flask import render_template
from flask_security import current_user

from agentsys.db import db
from agentsys.memberships import lapsing
from agentsys.payments import payment_lookup, portfolio
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web import view_models
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.collecting import tended_worker


@agent.get("/kuitansi/<receipt_no>")
@needs(Permission.PORTFOLIO_READ)
def receipt(receipt_no: str) -> str:
    """A receipt of a payment of a worker whom the agent manages, or tends during a leave."""
    session = db.session()
    code = payment_lookup.receipt_code(
        session, current_user, number=receipt_no, to=Permission.PORTFOLIO_READ
    )
    page = view_models.receipt_page(session, code)
    mine, payer = scope.own_agent(session, current_user), tended_worker(session, page["worker_id"])
    vault = runtime().vault
    due = lapsing.marked(
        session, portfolio.portfolio(session, agent_id=mine.id, vault=vault, counted=0).rows
    )
    return render_template(
        "agent/receipt.html",
        receipt=page,
        voidable=page["in_cash"] and not page["cancelled"] and page["agent_id"] == mine.id,
        share_url=view_models.whatsapp(view_models.receipt_message(page), payer.phone),
        next=next((e for e in due if e.collectable and e.worker_id != payer.id), None),
    )
