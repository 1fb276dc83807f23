"""Wallets whose account Midtrans refuses, and codes that were lost."""

from __future__ import annotations

import pytest

from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import ChannelStopped, PaymentState
from tests.plugins.test_ewallet import a_request, channels


@pytest.fixture
def sim():
    with Simulator() as sim:
        yield sim


@pytest.fixture
def qris(sim):
    return channels(sim)["qris"]


def test_a_wallet_that_is_not_activated_stops_until_a_payment_shows_that_it_is(sim, qris):
    sim.knobs(not_activated=["qris"])

    with pytest.raises(ChannelStopped, match="belum diaktifkan") as stopped:
        qris.start(a_request())

    assert stopped.value.by_start
    assert qris.check("P-1").state is PaymentState.CREATED


def test_another_merchants_key_stops_every_wallet_and_a_question_shows_it(sim):
    stranger = channels(sim, AGENTSYS_MIDTRANS_SERVER_KEY="SB-another")["qris"]

    for ask in (lambda: stranger.start(a_request()), lambda: stranger.check("P-1")):
        with pytest.raises(ChannelStopped, match="menolak kunci server") as stopped:
            ask()
        assert not stopped.value.by_start


def test_a_qr_that_was_lost_for_longer_than_midtrans_keeps_answers_has_a_picture(sim, qris):
    request = a_request()
    first = qris.start(request)
    other_key = a_request(amount_idr=16_801)  # what was kept is found by another key only

    again = qris.start(other_key)

    assert (first.pay_url, again.provider_ref) == ("", first.provider_ref)
    assert again.pay_url or again.qr_string
