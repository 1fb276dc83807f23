"""The cash ceiling of agents: the only place that decides whether an agent may take more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Refused
from agentsys.ledger import accounts, journal
from agentsys.months import HEAD_OFFICE
from agentsys.payments.custody import in_hand
from agentsys.payments.models import Payment
from agentsys.people.agent_rules import Rule, setting
from agentsys.people.models import Agent
from agentsys.people.profiles import AgentProfile


class CashCeilingReached(Refused):
    """The agent would hold more cash than allowed."""

    text = "Uang titipan di tangan sudah mencapai batas. Setor dulu, lalu tagih lagi."


class CashTooOld(Refused):
    """The agent holds cash for longer than allowed."""

    text = "Uang titipan di tangan sudah terlalu lama. Setor dulu, lalu tagih tunai lagi."


def check_ceiling(session: Session, agent: Agent | AgentProfile, amount_idr: int) -> None:
    """Refuse cash that would bring an agent's balance in the journal over the ceiling.

    CashTooOld if some of the cash is in the agent's hands, in no declared deposit, for longer than
    a dated setting allows. The caller must have locked the agent's row, or the result may be
    outdated at once.
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
    most, oldest = block_days(), _oldest(session, agent.id)
    if oldest is not None and clock.now() > oldest + timedelta(days=most):
        raise CashTooOld(
            "Titipan tertua diterima {oldest}, lebih dari {most} hari yang lalu. Setor dulu, lalu"
            " terima tunai lagi; cara bayar lain tetap bisa.",
            agent_id=agent.id,
            oldest=oldest,
            most=most,
        )


def block_days() -> int:
    """For how many days an agent may hold cash and still take more (a dated setting)."""
    return setting(Rule.CASH_BLOCK_DAYS, clock.now().astimezone(HEAD_OFFICE).date()).value


def _oldest(session: Session, agent_id: int) -> datetime | None:
    return session.scalar(
        select(func.min(Payment.settled_at)).where(*in_hand(), Payment.agent_id == agent_id)
    )
