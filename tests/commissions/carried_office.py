"""An office with an approved November, for tests of what is carried into later statements."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys.commissions.carried import deciding
from agentsys.commissions.carried.deciding import CarriedAction
from agentsys.commissions.carried.models import CarriedItem
from agentsys.crypto import Vault
from agentsys.ledger.models import Posting
from agentsys.people.models import Agent, RoleName, User
from agentsys.workers.models import Worker
from tests.commissions.builders import (
    NOVEMBER,
    approve,
    portfolio,
    run,
    statement_of,
)
from tests.factories import make_agent, make_user


class Office:
    """An agent with an approved November, and two people of finance."""

    def __init__(self, session: Session, vault: Vault, workers: int = 3) -> None:
        self.session = session
        self.vault = vault
        self.agent = make_agent(session)
        self.workers = portfolio(session, vault, self.agent, workers)
        run(session)
        self.november = approve(session, self.agent)
        self.first, self.second = (
            make_user(session, RoleName.FINANCE, office_id=self.agent.office_id)
            for _each in range(2)
        )

    def take_back(self, worker: Worker, month: date = NOVEMBER) -> CarriedItem:
        """The commission of one contribution, taken back by two persons."""
        return self.decide(self.propose(worker, month))

    def propose(self, worker: Worker, month: date = NOVEMBER, **values: Any) -> CarriedItem:
        return deciding.propose_reversal(
            self.session,
            **{
                "statement_id": self.november.id,
                "worker_id": worker.id,
                "month": month,
                "why": "iuran dikembalikan",
                "actor": self.first,
            }
            | values,
        )

    def adjust(self, agent_idr: int, office_idr: int = 0, **values: Any) -> CarriedItem:
        return deciding.propose_adjustment(
            self.session,
            **{
                "agent_id": self.agent.id,
                "agent_idr": agent_idr,
                "office_idr": office_idr,
                "why": "salah hitung",
                "actor": self.first,
            }
            | values,
        )

    def decide(self, found: CarriedItem, actor: User | None = None, **values: Any) -> CarriedItem:
        return deciding.decide_carried(
            self.session,
            **{
                "carried_id": found.id,
                "action": CarriedAction.APPROVE,
                "actor": actor or self.second,
            }
            | values,
        )


def sums(session: Session, agent: Agent, month: date) -> tuple[int, int]:
    found = statement_of(session, agent, month)
    return (found.agent_idr, found.office_idr) if found else (0, 0)


def balances(session: Session) -> dict[str, int]:
    """Every account that is not zero."""
    rows = session.execute(
        select(Posting.account, func.sum(Posting.amount_idr)).group_by(Posting.account)
    )
    return {account: int(amount) for account, amount in rows if amount}
