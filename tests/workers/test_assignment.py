"""Handing a worker over."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Conflict, Invalid
from agentsys.workers.assignment import assign
from agentsys.workers.models import Assignment
from tests.factories import make_agent, make_worker

MONTH, NEXT, LATER = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)


def test_a_handed_over_worker_belongs_to_each_agent_in_turn(session: Session, vault: Vault) -> None:
    first = make_agent(session)
    second = make_agent(session, office_id=first.office_id)
    worker = make_worker(session, vault, agent=first, enrolled_from=MONTH)

    assign(session, worker_id=worker.id, agent_id=second.id, from_month=NEXT, actor_id=7)

    assert worker.agent_id == second.id
    periods = session.execute(
        select(Assignment.agent_id, Assignment.from_month, Assignment.until_month).order_by(
            Assignment.from_month
        )
    ).all()
    assert periods == [(first.id, MONTH, NEXT), (second.id, NEXT, None)]
    event = session.scalars(select(AuditEvent)).one()
    assert event.details == {
        "from_agent_id": first.id,
        "agent_id": second.id,
        "month": "2026-12-01",
    }


def test_assigning_to_the_same_agent_again_changes_nothing(session: Session, vault: Vault) -> None:
    agent = make_agent(session)
    worker = make_worker(session, vault, agent=agent, enrolled_from=MONTH)

    again = assign(session, worker_id=worker.id, agent_id=agent.id, from_month=NEXT, actor_id=7)

    assert again.from_month == MONTH
    assert session.scalars(select(AuditEvent)).all() == []


def test_an_assignment_that_never_counted_is_replaced(session: Session, vault: Vault) -> None:
    first = make_agent(session)
    second = make_agent(session, office_id=first.office_id)
    worker = make_worker(session, vault, agent=first, enrolled_from=MONTH)

    assign(session, worker_id=worker.id, agent_id=second.id, from_month=MONTH, actor_id=7)

    assert session.scalars(select(Assignment.agent_id)).all() == [second.id]


def test_a_hand_over_before_the_last_one_is_refused(session: Session, vault: Vault) -> None:
    first = make_agent(session)
    second = make_agent(session, office_id=first.office_id)
    worker = make_worker(session, vault, agent=first, enrolled_from=NEXT)

    with pytest.raises(Conflict):
        assign(session, worker_id=worker.id, agent_id=second.id, from_month=MONTH, actor_id=7)


def test_a_worker_is_not_handed_to_another_office(session: Session, vault: Vault) -> None:
    worker = make_worker(session, vault, agent=make_agent(session), enrolled_from=MONTH)

    with pytest.raises(Invalid, match="kantor"):
        assign(
            session,
            worker_id=worker.id,
            agent_id=make_agent(session).id,
            from_month=NEXT,
            actor_id=7,
        )
