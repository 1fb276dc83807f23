"""The channels that came after GoPay and QRIS: numbers, codes, phones, and DANA's own page."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
import requests

from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import (
    Callback,
    ChannelNotConfigured,
    ChannelStopped,
    Invalid,
    PaymentState,
)
from agentsys.extension.testing import ChannelPromises
from agentsys.plugins import store, virtual_account
from tests.plugins.midtrans_channels import (
    ACCOUNTS,
    ALL,
    OVO_PHONE,
    STORES,
    a_bill,
    all_channels,
)

EACH = pytest.mark.parametrize("name", ALL)


@pytest.fixture
def midtrans(sim):
    """All channels by name."""
    return all_channels(sim)


@pytest.fixture(scope="module")
def shared():
    """All channels by name, at a gateway that is started once."""
    with Simulator() as sim:
        yield all_channels(sim)


class TestPromises(ChannelPromises):
    """What every channel promises, asked of each of them."""

    @pytest.fixture(params=ALL)
    def channel(self, request, shared):
        """Each channel in turn."""
        return shared[request.param]

    @pytest.fixture
    def request_to_pay(self, channel, typed):
        """Orders of their own, because all tests share one gateway."""
        reference = f"P-{secrets.token_hex(8)}"
        return a_bill(reference, inputs=channel.read_form(typed))

    @pytest.fixture
    def typed(self, channel):
        """The phone, for OVO."""
        return {field.name: "+62 812-3456-7890" for field in channel.form}


def shown(report):
    return [(code.label, code.value) for code in report.codes]


@pytest.mark.parametrize("plugin", [virtual_account, store])
def test_without_a_server_key_the_plugins_stay_off(plugin):
    with pytest.raises(ChannelNotConfigured, match="AGENTSYS_MIDTRANS_SERVER_KEY belum diisi"):
        plugin.register_payment_channels({})


@EACH
def test_a_bill_can_be_paid(sim, midtrans, name):
    channel = midtrans[name]
    channel.start(a_bill())
    number = pay(sim, "P-1", channel)

    report = channel.check_attempt("P-1", number)

    assert (report.state, report.amount_idr) == (PaymentState.SETTLED, 16_800)


def pay(sim, order_id, channel):
    """Pay, on Snap's page where the channel has one; give Midtrans' number of the payment."""
    if channel.name == "dana":
        (page,) = [t for t in sim.gateway.snap.all() if t.order_id == order_id and not t.revoked]
        url = f"{sim.url}/snap/v4/redirection/{page.token}/dana"
        requests.post(url, timeout=10).raise_for_status()
    (transaction,) = [t for t in sim.gateway.transactions() if t.order_id == order_id]
    sim.pay(transaction.transaction_id)
    return transaction.transaction_id


@pytest.mark.parametrize(
    ("name", "prefix", "length"),
    [
        ("bca_va", "81278", 16),
        ("bni_va", "8578", 12),
        ("bri_va", "77777", 18),
        ("cimb_va", "1349", 16),
        ("permata_va", "8500", 16),
    ],
)
def test_a_worker_has_one_number_at_each_bank(midtrans, name, prefix, length):
    channel = midtrans[name]
    first = channel.start(a_bill("P-1"))
    channel.cancel("P-1")
    again = channel.start(a_bill("P-2"))

    [(label, number)] = shown(first)
    assert (label, number[: len(prefix)], len(number)) == ("Nomor virtual account", prefix, length)
    assert number.endswith("0007")
    assert shown(again) == shown(first)


def test_a_number_in_use_is_replaced_by_another(midtrans):
    one, two = (midtrans["bca_va"].start(a_bill(f"P-{number}")) for number in (1, 2))

    assert shown(one) != shown(two)


def test_mandiri_shows_company_and_bill(midtrans):
    report = midtrans["mandiri_bill"].start(a_bill())

    assert [label for label, _number in shown(report)] == ["Kode perusahaan", "Kode bayar"]
    assert shown(report)[0][1] == "70012"


@pytest.mark.parametrize("name", STORES)
def test_a_store_shows_a_code_for_the_till(midtrans, name):
    [(label, code)] = shown(midtrans[name].start(a_bill()))

    assert (label, len(code)) == ("Kode bayar", 14)


@pytest.mark.parametrize("name", ACCOUNTS + STORES)
def test_there_is_a_day_to_pay(midtrans, name):
    left = midtrans[name].start(a_bill()).expires_at - datetime.now(UTC)

    assert timedelta(hours=23) < left <= timedelta(days=1, minutes=1)


@pytest.mark.parametrize("typed", ["+62 812-3456-7890", "0812 3456 7890", "62812 3456.7890"])
def test_ovo_reads_a_phone_in_any_spelling(midtrans, typed):
    assert midtrans["ovo"].read_form({"phone": typed}) == {"phone": OVO_PHONE}


@pytest.mark.parametrize("typed", ["", "812", "021 555 1234", "08x234567890", "0812345678901234"])
def test_ovo_refuses_what_is_no_mobile_phone(midtrans, typed):
    with pytest.raises(Invalid, match="Isi nomor HP yang terdaftar di OVO"):
        midtrans["ovo"].read_form({"phone": typed})


def test_ovo_shows_which_phone_was_asked_and_keeps_no_number(midtrans):
    report = midtrans["ovo"].start(a_bill())

    assert shown(report) == [("Permintaan dikirim ke OVO", "0812••••890")]
    assert not report.codes[0].copyable
    assert OVO_PHONE not in json.dumps(dict(report.raw))
    assert report.expires_at - datetime.now(UTC) <= timedelta(seconds=65)


def test_ovo_says_that_it_does_not_know_a_phone(sim, midtrans):
    sim.knobs(ovo_unknown_phones=[OVO_PHONE])

    report = midtrans["ovo"].start(a_bill())

    assert report.state is PaymentState.FAILED
    assert report.reason.startswith("Nomor HP ini tidak terdaftar di OVO.")


def test_dana_is_unknown_until_the_payer_chose_it_and_then_by_its_own_number(sim, midtrans):
    dana = midtrans["dana"]
    report = dana.start(a_bill())
    assert report.pay_url.startswith(f"{sim.url}/snap/")
    assert dana.check("P-1").state is PaymentState.CREATED

    number = pay(sim, "P-1", dana)

    assert dana.check("P-1").state is PaymentState.CREATED
    assert dana.check_attempt("P-1", number).state is PaymentState.SETTLED


@pytest.mark.parametrize("quirk", [False, True])
def test_danas_answer_counts_for_our_order_only(sim, midtrans, quirk):
    sim.knobs(order_id_quirk=quirk)
    dana = midtrans["dana"]
    dana.start(a_bill("P-1"))
    number = pay(sim, "P-1", dana)

    assert dana.check_attempt("P-1", number).state is PaymentState.SETTLED
    with pytest.raises(Exception, match="the answer is about another order"):
        dana.check_attempt("P-2", number)


def test_a_withdrawn_page_of_dana_takes_no_money(sim, midtrans):
    dana = midtrans["dana"]
    page = dana.start(a_bill()).pay_url

    assert dana.cancel("P-1").state is PaymentState.CREATED
    assert requests.get(page, timeout=10).status_code == 404


def test_danas_callback_names_its_number(midtrans):
    body = json.dumps({"transaction_id": "abc"}).encode()

    assert midtrans["dana"].attempt_of(Callback(headers={}, body=body)) == "abc"


@pytest.mark.parametrize("name", ["bca_va", "ovo", "indomaret"])
def test_a_channel_that_is_not_activated_stops(sim, midtrans, name):
    sim.knobs(not_activated=["bca_va", "ovo", "indomaret"])

    with pytest.raises(ChannelStopped):
        midtrans[name].start(a_bill())


def test_what_midtrans_adds_for_the_payer_is_a_setting(sim):
    channels = all_channels(sim, AGENTSYS_MIDTRANS_PAYER_FEES="bca_va=4000, gopay=2%")

    assert channels["bca_va"].fee.of(16_800) == 4_000
    assert channels["gopay"].fee.of(16_801) == 337
    assert channels["qris"].fee.of(16_800) == 0


@pytest.mark.parametrize("text", ["bca_va", "bca_va=-1", "gopay=2%%", "=4000", "gopay=200%"])
def test_a_fee_that_cannot_be_read_is_said(sim, text):
    with pytest.raises(ChannelNotConfigured, match="AGENTSYS_MIDTRANS_PAYER_FEES ditulis"):
        all_channels(sim, AGENTSYS_MIDTRANS_PAYER_FEES=text)


@EACH
def test_an_imposed_fee_does_not_change_what_was_paid(sim, midtrans, name):
    sim.knobs(imposed_fee_idr=4_000)
    channel = midtrans[name]
    channel.start(a_bill())

    report = channel.check_attempt("P-1", pay(sim, "P-1", channel))

    assert (report.state, report.amount_idr) == (PaymentState.SETTLED, 16_800)
