"""What the books page reads: the trial balance and the cash of agents."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.ledger import accounts
from agentsys.ledger.balances import BALANCES
from agentsys.people import scope
from agentsys.people.models import Agent, User


@dataclass(frozen=True, kw_only=True)
class AccountBalance:
    """What a kind of account holds (positive) or owes (negative)."""

    account: str  # "cash:agent:*" for the accounts of all agents
    balance_idr: int


@dataclass(frozen=True, kw_only=True)
class AgentCash:
    """Other people's money in one agent's hands, and what is missing of it."""

    account: str
    agent_name: str
    held_idr: int
    short_idr: int = 0  # handed in too little; negative: too much


def trial_balance(session: Session) -> list[AccountBalance]:
    """Balances by kind of account: those of single offices, agents and workers are summed."""
    kind = func.regexp_replace(BALANCES.c.account, ":[0-9]+$", ":*")
    total = func.sum(BALANCES.c.amount_idr)
    rows = session.execute(select(kind, total).group_by(kind).having(total != 0).order_by(kind))
    return [AccountBalance(account=account, balance_idr=int(total)) for account, total in rows]


def cash_of_agents(session: Session, user: User) -> list[AgentCash]:
    """The cash of each agent whom the user may see, by name; agents without any left out."""
    held = BALANCES.c
    account = func.concat(accounts.CASH, Agent.id)
    rows = session.execute(
        select(held.account, Agent.name, held.amount_idr)
        .join(Agent, account == held.account)
        .where(scope.agents(user), held.amount_idr != 0)
        .order_by(Agent.name, Agent.id)
    )
    return [
        AgentCash(account=str(account), agent_name=name, held_idr=int(amount))
        for account, name, amount in rows
    ]
