"""A worker, and a fixed day for tests about memberships that end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.people.models import User
from agentsys.workers.models import Worker
from tests.data_rights.steps import SEPTEMBER
from tests.factories import make_agent, make_user, make_worker


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is 22 November 2026 in Bontang, whatever day the tests run on."""
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def worker(session: Session, vault: Vault) -> Worker:
    """A member since September."""
    return make_worker(
        session,
        vault,
        agent=make_agent(session),
        name="Siti Rahmawati",
        phone="+6281200001111",
        enrolled_from=SEPTEMBER,
    )


@pytest.fixture
def clerk(session: Session, worker: Worker) -> User:
    return make_user(session, office_id=worker.office_id)


@pytest.fixture
def other(session: Session, worker: Worker) -> User:
    return make_user(session, office_id=worker.office_id)
