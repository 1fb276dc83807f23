"""The simulator of Midtrans, and the two channels of the plugin."""

from __future__ import annotations

import pytest

from agentsys.demo.midtrans_simulator import Simulator
from tests.plugins.ewallet_bills import channels


@pytest.fixture
def sim():
    with Simulator() as sim:
        yield sim


@pytest.fixture
def gopay(sim):
    return channels(sim)["gopay"]


@pytest.fixture
def qris(sim):
    return channels(sim)["qris"]
