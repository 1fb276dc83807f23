"""Steps of an agent's bank account, for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.papers import accounts
from agentsys.papers.account_models import AgentAccount
from agentsys.people.models import Agent, User

NUMBER = "1234 5678 90"


def propose(session: Session, vault: Vault, agent: Agent, by: User, **changed: Any) -> AgentAccount:
    """An account in the agent's own name, unless changed."""
    values: dict[str, Any] = {
        "bank": "BRI",
        "holder": "SITI AMINAH",
        "number": NUMBER,
        "npwp_text": "",
        "scan": b"",
    }
    return accounts.propose(
        session, vault=vault, agent_id=agent.id, actor_id=by.id, **(values | changed)
    )


def decide(
    session: Session, account: AgentAccount, by: User, *, approve: bool = True
) -> AgentAccount:
    """The decision of a second person."""
    return accounts.decide(
        session,
        agent_id=account.agent_id,
        account_id=account.id,
        approve=approve,
        actor_id=by.id,
    )
