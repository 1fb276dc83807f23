"""A worker with bills, ways to pay them, and an agent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.crypto import Vault
from agentsys.people.models import Agent, RoleName, User
from tests.factories import make_agent, make_user
from tests.payments import refunding
from tests.payments.world import World


@pytest.fixture
def world(session: Session, vault: Vault) -> World:
    """An agent with one worker who owes three months of Rp16.800."""
    return World.build(session, vault)


@pytest.fixture
def agent(session: Session) -> Agent:
    """An agent."""
    return make_agent(session)


@pytest.fixture
def november() -> Iterator[None]:
    """It is 22 November 2026, whatever day the tests run on."""
    with time_machine.travel(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)):
        yield


@pytest.fixture
def now() -> Iterator[time_machine.Traveller]:
    """A clock that stands until a test moves it."""
    with time_machine.travel(clock.now(), tick=False) as clock_of_test:
        yield clock_of_test


@pytest.fixture
def pay(world: World) -> refunding.GivingPay:
    """The world's wallet, which gives payments back."""
    wallet = refunding.GivingPay()
    world.wallet = wallet
    return wallet


@pytest.fixture
def approver(world: World) -> User:
    """A second person of finance."""
    return make_user(world.session, RoleName.FINANCE, office_id=world.office_id)
