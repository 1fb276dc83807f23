"""An office whose workers have sponsors."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from agentsys.crypto import Vault
from agentsys.db import db
from tests.sponsors.world import Sponsored


@pytest.fixture
def office(session: Session, vault: Vault) -> Sponsored:
    """An office with an agent, a finance user and an admin."""
    return Sponsored.build(session, vault)


@pytest.fixture
def stored_office(committed: Flask, vault: Vault) -> Iterator[Sponsored]:
    """An office whose rows are committed, as imports open transactions of their own."""
    with committed.app_context():
        office = Sponsored.build(db.session(), vault)
        db.session.commit()
        yield office
