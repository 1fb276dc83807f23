"""A fixed day for tests about months, and a statement that waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys.commissions.models import Statement
from agentsys.crypto import Vault
from agentsys.people.models import Agent, User
from tests.commissions.builders import (
    portfolio,
    run,
    statement_of,
)
from tests.factories import make_agent


@pytest.fixture(autouse=True)
def november() -> Iterator[None]:
    """It is 22 November 2026 in Bontang, whatever day the tests run on."""
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def agent(session: Session, vault: Vault) -> Agent:
    """An agent whose November earned AGENT_IDR, and the office its part on top."""
    found = make_agent(session)
    portfolio(session, vault, found, 3)
    run(session)
    return found


@pytest.fixture
def statement(session: Session, agent: Agent) -> Statement:
    """The agent's statement, which waits for approval."""
    found = statement_of(session, agent)
    assert found is not None
    return found


@pytest.fixture
def supervisor(agent: Agent) -> User:
    """The agent's supervisor."""
    assert agent.supervisor is not None
    return agent.supervisor
