"""A worker with contributions, and users who remit them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from tests.payments.world import World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with one worker who owes three months of Rp16.800."""
    return World.build(session, vault)
