"""A hand-over from a later month is carried out by a job when the month begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.agent_jobs import carry_out_handovers
from agentsys.crypto import Vault
from agentsys.handovers.models import Handover, HandoverState
from agentsys.handovers.planning import Chosen, withdraw
from agentsys.ledger import invariants
from agentsys.people.models import AgentStatus
from tests.factories import make_worker
from tests.handovers.steps import DECEMBER, OCTOBER, Two, periods, picture

FIRST_OF_DECEMBER = datetime(2026, 11, 30, 18, 7, tzinfo=UTC)  # in the head office's time


@pytest.fixture
def two(session: Session, vault: Vault) -> Two:
    """Two agents of one office and a worker."""
    return Two.build(session, vault)


def in_december(session: Session, handover: Handover) -> Handover:
    """The hand-over after the job of 1 December."""
    with time_machine.travel(FIRST_OF_DECEMBER):
        carry_out_handovers()
    session.refresh(handover)
    return handover


def test_nothing_moves_before_its_month(session: Session, two: Two) -> None:
    before = picture(session)

    planned = two.hand_over(from_month=DECEMBER)
    carry_out_handovers()

    session.refresh(planned)
    assert planned.state is HandoverState.PLANNED
    assert picture(session) == before


def test_the_job_carries_it_out_when_the_month_begins(session: Session, two: Two) -> None:
    planned = two.hand_over(from_month=DECEMBER)

    assert in_december(session, planned).state is HandoverState.DONE
    assert periods(session, two.worker) == [
        (two.old.id, OCTOBER, DECEMBER),
        (two.new.id, DECEMBER, None),
    ]
    assert invariants.check(session) == []


def test_who_moved_meanwhile_stays_there(session: Session, two: Two) -> None:
    other = make_worker(session, two.vault, agent=two.old)
    planned = two.hand_over(from_month=DECEMBER)
    two.hand_over(chosen=Chosen(worker_ids=[two.worker.id]))
    two.new.status = AgentStatus.ACTIVE

    done = in_december(session, planned)

    assert (done.state, done.workers) == (HandoverState.DONE, 1)
    session.refresh(other)
    assert other.agent_id == two.new.id


def test_if_all_of_them_moved_it_is_withdrawn(session: Session, two: Two) -> None:
    planned = two.hand_over(from_month=DECEMBER)
    two.hand_over()

    assert in_december(session, planned).state is HandoverState.WITHDRAWN


def test_it_waits_while_the_new_agent_is_not_active(session: Session, two: Two) -> None:
    planned = two.hand_over(from_month=DECEMBER)
    two.new.status = AgentStatus.SUSPENDED

    assert in_december(session, planned).state is HandoverState.PLANNED


def test_a_withdrawn_one_is_not_carried_out(session: Session, two: Two) -> None:
    planned = two.hand_over(from_month=DECEMBER)
    withdraw(session, handover_id=planned.id, actor_id=two.actor.id)

    assert in_december(session, planned).state is HandoverState.WITHDRAWN
    assert two.worker.agent_id == two.old.id
