"""Looking at a NIK in full."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.people.models import Agent
from agentsys.workers import registry
from tests.factories import make_agent, make_worker


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent."""
    return make_agent(session)


def test_looking_at_a_nik_is_recorded_with_its_reason(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker = make_worker(session, vault, agent=agent, name="Siti", nik="6474015203800042")

    nik = registry.reveal_nik(
        session, vault=vault, worker_id=worker.id, actor_id=7, reason=" mengisi portal "
    )

    assert nik == "6474015203800042"
    seen = session.scalars(select(AuditEvent)).one()
    assert (seen.action, seen.subject, seen.actor_id) == ("nik.revealed", f"worker:{worker.id}", 7)
    assert seen.details == {"reason": "mengisi portal"}


def test_a_nik_is_not_shown_without_a_reason_or_a_worker(
    session: Session, vault: Vault, agent: Agent
) -> None:
    worker = make_worker(session, vault, agent=agent, name="Siti")

    with pytest.raises(Invalid):
        registry.reveal_nik(session, vault=vault, worker_id=worker.id, actor_id=7, reason=" ")
    with pytest.raises(NotFound):
        registry.reveal_nik(session, vault=vault, worker_id=404, actor_id=7, reason="portal")
    assert session.scalars(select(AuditEvent)).all() == []
