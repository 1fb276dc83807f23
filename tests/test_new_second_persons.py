"""Who made somebody's account is not that person's second person, wherever two are needed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.contributions.earlier_models import EarlierKind
from agentsys.crypto import Vault
from agentsys.data_rights import requests
from agentsys.data_rights.models import DataRequestKind
from agentsys.handovers import consent
from agentsys.memberships import earlier
from agentsys.people import second_person
from agentsys.people.models import AccessChangeKind, RoleName, User
from agentsys.workers.models import Worker
from tests.factories import make_agent, make_user, make_worker
from tests.handovers.steps import Two


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    return make_worker(session, vault, agent=make_agent(session))


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    return make_user(session, RoleName.ADMIN, office_id=worker.office_id)


@pytest.fixture
def maker(session: Session, worker: Worker, clerk: User) -> User:
    """Who made the clerk's account a moment ago."""
    return made(session, clerk, make_user(session, RoleName.ADMIN, office_id=worker.office_id))


def made(session: Session, user: User, by: User) -> User:
    second_person.record_change(
        session, user_id=user.id, kind=AccessChangeKind.MADE, actor_id=by.id
    )
    return by


def test_data_are_not_erased_by_who_made_the_clerk(
    session: Session, vault: Vault, worker: Worker, clerk: User, maker: User
) -> None:
    asked = requests.ask(
        session,
        worker_id=worker.id,
        kind=DataRequestKind.ERASURE,
        asked_how="Datang sendiri",
        actor_id=clerk.id,
    )

    with pytest.raises(second_person.NotYet):
        requests.done(session, vault=vault, request_id=asked.id, note="Ya", actor_id=maker.id)


def test_months_paid_elsewhere_are_not_agreed_to_by_who_made_the_clerk(
    session: Session, worker: Worker, clerk: User, maker: User
) -> None:
    period = earlier.propose(
        session,
        worker_id=worker.id,
        kind=EarlierKind.ELSEWHERE,
        from_month=date(2026, 1, 1),
        until_month=date(2026, 3, 1),
        evidence="Bukti JMO 8812",
        actor=clerk,
    )

    with pytest.raises(second_person.NotYet):
        earlier.decide_period(
            session, period_id=period.id, action=earlier.EarlierAction.APPROVE, actor=maker
        )


def test_another_office_does_not_take_workers_over_by_who_made_the_proposer(
    session: Session, vault: Vault
) -> None:
    two = Two.build(session, vault)
    two.new = make_agent(session)
    assert two.new.supervisor is not None
    there = made(session, two.actor, two.new.supervisor)
    handover_id = two.draft()
    consent.propose(session, handover_id=handover_id, actor_id=two.actor.id)

    with pytest.raises(second_person.NotYet):
        consent.accept(session, handover_id=handover_id, actor_id=there.id)
