"""An office whose workers have sponsors."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from tests.sponsors.world import Sponsored


@pytest.fixture
def office(session: Session, vault: Vault) -> Sponsored:
    """An office with an agent, a finance user and an admin."""
    return Sponsored.build(session, vault)
