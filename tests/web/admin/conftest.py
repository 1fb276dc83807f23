"""An office, and its admin."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.people.models import Office, RoleName, User
from tests.factories import make_office, make_user


@pytest.fixture
def office(session: Session) -> Office:
    """An office."""
    return make_office(session)


@pytest.fixture
def boss(session: Session) -> User:
    """An admin of all offices."""
    return make_user(session, RoleName.ADMIN)
