"""An agent who goes on leave, for tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.people import substitutes
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.people.substitute_models import Substitution
from agentsys.workers import queries
from agentsys.workers.models import Worker

FIRST, LAST = date(2026, 11, 24), date(2026, 11, 26)


@dataclass
class Leaving:
    """An agent on leave with a worker, and two colleagues of the same office."""

    session: Session
    away: Agent
    works: Agent
    third: Agent
    worker: Worker
    boss: User

    def begin(self, **changed: Any) -> Substitution:
        """A leave of three days, unless changed."""
        values: dict[str, Any] = {
            "agent_id": self.away.id,
            "substitute_id": self.works.id,
            "from_on": FIRST,
            "until_on": LAST,
            "reason": "Umrah",
            "actor_id": self.boss.id,
        }
        return substitutes.begin(self.session, **(values | changed))

    def sees(self, agent: Agent) -> bool:
        """Whether an agent may open the worker as one to be tended."""
        assert agent.user is not None
        try:
            queries.profile_in_scope(
                self.session,
                agent.user,
                self.worker.id,
                to=Permission.PORTFOLIO_READ,
                stands_in=True,
            )
        except NotFound:
            return False
        return True
