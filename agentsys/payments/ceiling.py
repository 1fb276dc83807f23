"""The cash ceiling of agents: the only place that decides whether an agent may take more."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys.errors import Refused
from agentsys.ledger import accounts, journal
from agentsys.people.models import Agent
from agentsys.people.profiles import AgentProfile


class CashCeilingReached(Refused):
    """The agent would hold more cash than allowed."""

    text = "Uang titipan di tangan sudah mencapai batas. Setor dulu, lalu tagih lagi."


def check_ceiling(session: Session, agent: Agent | AgentProfile, amount_idr: int) -> None:
    """Refuse cash that would bring an agent's balance in the journal over the ceiling.

    The caller must have locked the agent's row, or the result may be outdated at once.
    """
    # Cash that is missing from a deposit is other people's money, too.
    short = max(0, journal.balance(session, accounts.short_of(agent.id)))
    held = journal.balance(session, accounts.cash_of(agent.id)) + short
    if held + amount_idr > agent.cash_ceiling_idr:
        raise CashCeilingReached(
            "Titipan di tangan {held_idr}, batasnya {ceiling_idr}."
            " Setor dulu, lalu terima {amount_idr} ini.",
            agent_id=agent.id,
            held_idr=held,
            ceiling_idr=agent.cash_ceiling_idr,
            amount_idr=amount_idr,
        )
