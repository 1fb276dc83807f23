"""A worker with auto-debit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine

from agentsys.crypto import Vault
from tests.payments.mandates import story as stories
from tests.payments.mandates.auto import BEGIN, AutoDebit
from tests.payments.mandates.story import Story
from tests.payments.world import World


@pytest.fixture
def auto(session, vault: Vault) -> Iterator[AutoDebit]:
    """On 2 November, a worker who owes September to November."""
    with time_machine.travel(BEGIN, tick=False) as now:
        yield AutoDebit(World.build(session, vault), vault, now)


@pytest.fixture
def story(committed) -> Iterator[Story]:
    """A worker who owes this month; the app debits through the simulator."""
    with stories.told(committed) as story:
        yield story
