"""A worker with an account that can be debited, and the worker's own phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from agentsys.crypto import Vault
from agentsys.runtime import KEY
from tests.payments.mandates.auto import BEGIN, AutoDebit
from tests.payments.world import World
from tests.web.own.phone import Phone


@pytest.fixture
def auto(app: Flask, session, vault: Vault) -> Iterator[AutoDebit]:
    """On 2 November, a worker who owes September to November; the channel is installed."""
    with time_machine.travel(BEGIN, tick=False) as now:
        made = AutoDebit(World.build(session, vault), vault, now)
        channels = app.extensions[KEY].registry.channels
        channels[made.channel.name] = made.channel
        try:
            yield made
        finally:
            del channels[made.channel.name]


@pytest.fixture
def phone(auto: AutoDebit, client) -> Phone:
    """The worker's phone, with a personal link."""
    return Phone.with_link(auto, client)
