"""What the books page reads: the trial balance, the cash of agents, and the checks in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.errors import QueryCanceled
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys.ledger import accounts, invariants
from agentsys.ledger.models import Posting
from agentsys.people import scope
from agentsys.people.models import Agent, User


@dataclass(frozen=True, kw_only=True)
class AccountBalance:
    """What a kind of account holds (positive) or owes (negative)."""

    account: str  # "cash:agent:*" for the accounts of all agents
    balance_idr: int


@dataclass(frozen=True, kw_only=True)
class AgentCash:
    """Other people's money in one agent's hands."""

    account: str
    agent_name: str
    held_idr: int


def trial_balance(session: Session) -> list[AccountBalance]:
    """Balances by kind of account: those of single agents and workers are summed."""
    # Summed before the names are cut: there are far fewer accounts than postings.
    held = (
        select(Posting.account, func.sum(Posting.amount_idr).label("amount_idr"))
        .group_by(Posting.account)
        .subquery()
    )
    kind = func.regexp_replace(held.c.account, ":[0-9]+$", ":*")
    total = func.sum(held.c.amount_idr)
    rows = session.execute(select(kind, total).group_by(kind).having(total != 0).order_by(kind))
    return [AccountBalance(account=account, balance_idr=int(total)) for account, total in rows]


def cash_of_agents(session: Session, user: User) -> list[AgentCash]:
    """The cash of each agent whom the user may see, by name; agents without any left out."""
    held = func.sum(Posting.amount_idr)
    account = func.concat(accounts.CASH, Agent.id)
    rows = session.execute(
        select(account, Agent.name, held)
        .join(Posting, Posting.account == account)
        .where(scope.agents(user))
        .group_by(Agent.id, Agent.name)
        .having(held != 0)
        .order_by(Agent.name)
    )
    return [
        AgentCash(account=str(account), agent_name=name, held_idr=int(amount))
        for account, name, amount in rows
    ]


def violations_within(session: Session, *, seconds: int) -> Sequence[invariants.Violation] | None:
    """What is wrong with the books; None when the checks took longer than that."""
    try:
        with session.begin_nested():
            session.execute(text(f"SET LOCAL statement_timeout = '{seconds}s'"))
            return invariants.check(session)
    except DBAPIError as error:
        if isinstance(error.orig, QueryCanceled):
            return None
        raise
