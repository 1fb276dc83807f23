"""An agent, and the agent's phone."""

from __future__ import annotations

import pytest

from tests.factories import (
    make_agent,
)


@pytest.fixture
def agent(session):
    return make_agent(session, name="Sari")


@pytest.fixture
def phone(agent, visit):
    return visit(agent.user)
