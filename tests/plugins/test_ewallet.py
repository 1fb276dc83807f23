"""GoPay and QRIS against the simulator, over real HTTP with the real client."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from agentsys.extension.contract import (
    ChannelNotConfigured,
    ChannelUnavailable,
    PaymentRequest,
    PaymentState,
)
from agentsys.extension.testing import ChannelPromises
from agentsys.plugins import ewallet
from agentsys.plugins._midtrans.vocabulary import FOR_A_PERSON
from tests.plugins.ewallet_bills import BOTH, a_request, channels


class TestGoPayPromises(ChannelPromises):
    """What every channel promises, asked of GoPay."""

    @pytest.fixture
    def channel(self, gopay):
        """GoPay against the simulator."""
        return gopay

    @pytest.fixture
    def for_a_person(self, sim, gopay):
        """What GoPay says after a part, or all, of the money went back."""
        gopay.start(a_request())
        sim.pay("P-1")
        return [said(sim, gopay, word) for word in FOR_A_PERSON]


class TestQrisPromises(ChannelPromises):
    """What every channel promises, asked of QRIS."""

    @pytest.fixture
    def channel(self, qris):
        """QRIS against the simulator."""
        return qris


def said(sim, channel, word):
    """The report when Midtrans says this of a payment that was made."""
    sim.knobs(status_fields={"transaction_status": word})
    return channel.check("P-1")


def test_the_plugin_offers_the_wallets(sim):
    assert list(channels(sim)) == ["gopay", "qris", "shopeepay", "ovo", "dana"]


def test_without_a_server_key_the_plugin_stays_off_and_says_why():
    with pytest.raises(ChannelNotConfigured, match="AGENTSYS_MIDTRANS_SERVER_KEY belum diisi"):
        ewallet.register_payment_channels({})


@BOTH
def test_a_payment_that_was_never_started_is_unknown_to_midtrans(sim, name):
    report = channels(sim)[name].check("P-1")

    assert (report.state, report.reference) == (PaymentState.CREATED, "P-1")


def test_a_gopay_bill_has_a_link_and_an_end(sim, gopay):
    before = datetime.now(UTC)

    report = gopay.start(a_request())

    assert report.state is PaymentState.PENDING
    assert report.amount_idr == 16_800
    assert report.pay_url == f"{sim.url}/phone/{report.provider_ref}"
    # Midtrans writes whole seconds.
    assert timedelta(minutes=14) < report.expires_at - before < timedelta(minutes=16)


def test_a_qris_bill_has_a_string_to_draw(sim, qris):
    report = qris.start(a_request())

    assert report.state is PaymentState.PENDING
    assert report.qr_string == f"{sim.url}/phone/{report.provider_ref}"


def test_the_payer_comes_back_to_where_they_were(sim, gopay):
    gopay.start(a_request(return_url="https://agen.example/bayar/7"))

    (transaction,) = sim.gateway.transactions()
    assert transaction.return_url == "https://agen.example/bayar/7"


def test_the_payers_name_is_not_sent(sim, gopay):
    gopay.start(a_request())

    (transaction,) = sim.gateway.transactions()
    assert transaction.description == "Iuran Oktober 2026"
    assert "Contoh" not in json.dumps(transaction.record())


@pytest.mark.parametrize("description", ["", "Iuran " + "panjang " * 30])
def test_any_description_is_accepted(qris, description):
    request = PaymentRequest(
        reference="P-1", amount_idr=16_800, payer_name="Bu Contoh", description=description
    )

    assert qris.start(request).state is PaymentState.PENDING


@BOTH
@pytest.mark.parametrize("minutes_between", [0, 6])
def test_starting_twice_makes_one_transaction(sim, name, minutes_between):
    channel = channels(sim)[name]
    first = channel.start(a_request())
    sim.advance(minutes_between * 60)

    second = channel.start(a_request())

    assert (second.state, second.provider_ref) == (PaymentState.PENDING, first.provider_ref)
    assert len(sim.transactions()) == 1


@BOTH
def test_an_answer_that_was_lost_is_found_again(sim, name):
    channel = channels(sim)[name]
    sim.knobs(fault="html_502", fault_on="charge", fault_times=1, fault_after=True)
    with pytest.raises(ChannelUnavailable):
        channel.start(a_request())
    assert len(sim.transactions()) == 1

    report = channel.start(a_request())

    assert report.state is PaymentState.PENDING
    assert report.pay_url or report.qr_string
    assert len(sim.transactions()) == 1


def test_starting_again_what_was_paid_reports_that_it_was_paid(sim, qris):
    qris.start(a_request())
    sim.pay("P-1")
    sim.advance(301)

    assert qris.start(a_request()).state is PaymentState.SETTLED


def test_another_amount_under_one_reference_is_not_hidden_by_the_first_answer(sim, qris):
    qris.start(a_request(amount_idr=16_800))
    sim.pay("P-1")

    report = qris.start(a_request(amount_idr=33_600))

    assert (report.state, report.amount_idr) == (PaymentState.SETTLED, 16_800)
    assert len(sim.transactions()) == 1


def test_a_bill_that_midtrans_refuses_has_failed_with_a_way_out(sim, qris):
    report = qris.start(a_request(amount_idr=10_000_001))

    assert report.state is PaymentState.FAILED
    assert "Midtrans menolak tagihan ini" in report.reason
    assert "Pakai cara bayar lain" in report.reason
    assert sim.transactions() == []
