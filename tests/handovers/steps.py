"""Hand-overs of tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.handovers import consent, planning
from agentsys.handovers.models import Handover
from agentsys.handovers.planning import Chosen, Division
from agentsys.people.models import Agent, User
from agentsys.workers.models import Assignment, Worker
from tests.factories import make_agent, make_contribution, make_user, make_worker

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
EVERYBODY = Chosen()


@dataclass
class Two:
    """Two agents of one office, the first with a worker who owes two months."""

    session: Session
    vault: Vault
    old: Agent
    new: Agent
    worker: Worker
    actor: User
    second: User

    @classmethod
    def build(cls, session: Session, vault: Vault) -> Two:
        """Make them."""
        old = make_agent(session, name="Rina Wati")
        new = make_agent(session, office_id=old.office_id, name="Budi Santoso")
        made = make_worker(session, vault, agent=old, enrolled_from=OCTOBER)
        for month in (OCTOBER, NOVEMBER):
            make_contribution(session, made, month)
        actor, second = (make_user(session, office_id=old.office_id) for _ in range(2))
        return cls(session, vault, old, new, made, actor, second)

    def draft(self, *, to: Sequence[Agent] = (), chosen: Chosen = EVERYBODY, **more: object) -> int:
        """A stored draft, to the new agent if nobody else is given."""
        values: dict[str, object] = {
            "division": Division.EQUAL,
            "from_month": clock.this_month(),
            "reason": "Agen berhenti",
        }
        return planning.draft(
            self.session,
            from_agent_id=self.old.id,
            chosen=chosen,
            to_agent_ids=[agent.id for agent in to or [self.new]],
            actor_id=self.actor.id,
            **(values | more),  # type: ignore[arg-type]
        ).id

    def hand_over(self, **how: object) -> Handover:
        """A hand-over that one proposed and another accepted."""
        return self.carry_out(self.draft(**how))  # type: ignore[arg-type]

    def carry_out(self, handover_id: int) -> Handover:
        """A draft that is proposed, and accepted by the second person."""
        self.propose(handover_id)
        consent.accept(self.session, handover_id=handover_id, actor_id=self.second.id)
        return self.session.get_one(Handover, handover_id)

    def propose(self, handover_id: int) -> int:
        """A draft that waits for the second person."""
        consent.propose(self.session, handover_id=handover_id, actor_id=self.actor.id)
        return handover_id


def picture(session: Session) -> list[tuple[object, ...]]:
    """Who has which worker, period and month: all that a hand-over writes."""
    session.flush()
    found: list[tuple[object, ...]] = []
    for query in (
        "SELECT 'w', id, agent_id, office_id FROM workers ORDER BY id",
        "SELECT 'a', worker_id, from_month, agent_id, until_month FROM assignments"
        " ORDER BY worker_id, from_month",
        "SELECT 'c', worker_id, month, agent_id, office_id, payment_id FROM contributions"
        " ORDER BY worker_id, month",
    ):
        found += [tuple(row) for row in session.execute(text(query))]
    return found


def periods(session: Session, worker: Worker) -> list[tuple[int, date, date | None]]:
    """Which agents managed a worker, from when until when."""
    rows = session.execute(
        select(Assignment.agent_id, Assignment.from_month, Assignment.until_month)
        .where(Assignment.worker_id == worker.id)
        .order_by(Assignment.from_month)
    )
    return [(agent, first, until) for agent, first, until in rows]
