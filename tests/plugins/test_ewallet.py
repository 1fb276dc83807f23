"""GoPay and QRIS against the simulator, over real HTTP with the real client."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from agentsys.demo.midtrans_simulator import Simulator
from agentsys.extension.contract import (
    Callback,
    CallbackRejected,
    ChannelNotConfigured,
    ChannelUnavailable,
    PaymentRequest,
    PaymentState,
)
from agentsys.extension.testing import ChannelPromises
from agentsys.plugins import ewallet
from agentsys.plugins._midtrans.vocabulary import FOR_A_PERSON

BOTH = pytest.mark.parametrize("name", ["gopay", "qris"])


@pytest.fixture
def sim():
    with Simulator() as sim:
        yield sim


def channels(sim, **more):
    settings = {
        "AGENTSYS_MIDTRANS_SERVER_KEY": sim.server_key,
        "AGENTSYS_MIDTRANS_BASE_URL": sim.url,
    }
    return {c.name: c for c in ewallet.register_payment_channels(settings | more)}


@pytest.fixture
def gopay(sim):
    return channels(sim)["gopay"]


@pytest.fixture
def qris(sim):
    return channels(sim)["qris"]


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


def a_request(reference="P-1", amount_idr=16_800, return_url=""):
    return PaymentRequest(
        reference=reference,
        amount_idr=amount_idr,
        payer_name="Bu Contoh",
        description="Iuran Oktober 2026",
        return_url=return_url,
    )


def said(sim, channel, word):
    """The report when Midtrans says this of a payment that was made."""
    sim.knobs(status_fields={"transaction_status": word})
    return channel.check("P-1")


def newest_callback(sim):
    """The newest notification, as the callback view would pass it."""
    return Callback(headers={}, body=sim.notifications()[-1]["body"].encode())


@pytest.fixture
def notifying(sim):
    """The simulator with a notification address, so that it sends notifications."""
    sim.knobs(notify_url="http://127.0.0.1:1/callbacks/qris")
    return sim


def test_the_plugin_offers_gopay_and_qris(sim):
    assert list(channels(sim)) == ["gopay", "qris"]


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


@BOTH
@pytest.mark.parametrize(
    ("happens", "state"),
    [
        (lambda sim: None, PaymentState.PENDING),
        (lambda sim: sim.pay("P-1"), PaymentState.SETTLED),
        (lambda sim: sim.deny("P-1"), PaymentState.FAILED),
        (lambda sim: sim.advance(901), PaymentState.EXPIRED),
    ],
    ids=["nothing", "paid", "denied", "time passed"],
)
def test_a_check_says_what_happened(sim, name, happens, state):
    channel = channels(sim)[name]
    channel.start(a_request())
    happens(sim)

    report = channel.check("P-1")

    assert (report.state, report.amount_idr) == (state, 16_800)


def test_money_that_came_after_the_expiry_is_seen(sim, gopay):
    gopay.start(a_request())
    sim.advance(901)
    expired = gopay.check("P-1").state
    sim.knobs(late_settlement=True)
    sim.pay("P-1")

    assert (expired, gopay.check("P-1").state) == (PaymentState.EXPIRED, PaymentState.SETTLED)


def test_a_fee_that_midtrans_adds_is_not_part_of_our_amount(sim, gopay):
    sim.knobs(imposed_fee_idr=119)
    gopay.start(a_request())
    sim.pay("P-1")

    report = gopay.check("P-1")

    assert (report.state, report.amount_idr) == (PaymentState.SETTLED, 16_800)
    assert report.raw["gross_amount"] == "16919.00"


def test_an_amount_that_is_not_ours_is_reported_as_it_is(sim, gopay):
    gopay.start(a_request())
    sim.pay("P-1")
    sim.knobs(status_fields={"gross_amount": "1.00"})

    assert gopay.check("P-1").amount_idr == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"transaction_status": "teleported"},
        {"order_id": "P-2"},
        {"gross_amount": "16800.50"},
        {"status_code": "oops"},
    ],
    ids=lambda fields: next(iter(fields.values())),
)
def test_a_status_that_is_not_plain_changes_nothing(sim, gopay, fields):
    gopay.start(a_request())
    sim.knobs(status_fields=fields)

    with pytest.raises(ChannelUnavailable):
        gopay.check("P-1")


def test_fields_that_nobody_knows_do_no_harm(sim, gopay):
    gopay.start(a_request())
    sim.knobs(status_fields={"new_in_2027": {"deep": [1, None]}})

    assert gopay.check("P-1").state is PaymentState.PENDING


def test_a_status_service_that_is_down_changes_nothing(sim, gopay):
    gopay.start(a_request())
    sim.pay("P-1")
    sim.knobs(status_down=True)
    with pytest.raises(ChannelUnavailable):
        gopay.check("P-1")
    sim.knobs(status_down=False)

    assert gopay.check("P-1").state is PaymentState.SETTLED


def test_a_hanging_status_is_left_after_the_time_that_is_set(sim):
    gopay = channels(sim, AGENTSYS_MIDTRANS_STATUS_TIMEOUT_S="0.2")["gopay"]
    gopay.start(a_request())
    sim.knobs(fault="hang", fault_on="status", hang_s=3)

    with pytest.raises(ChannelUnavailable, match="ReadTimeout"):
        gopay.check("P-1")


@pytest.mark.parametrize(
    ("knobs", "amount_idr", "reason"),
    [
        ({"not_activated": ["qris"]}, 16_800, "belum diaktifkan"),
        ({}, 10_000_001, "Midtrans menolak tagihan ini"),
    ],
)
def test_a_bill_that_midtrans_refuses_has_failed_with_a_way_out(
    sim, qris, knobs, amount_idr, reason
):
    sim.knobs(**knobs)

    report = qris.start(a_request(amount_idr=amount_idr))

    assert report.state is PaymentState.FAILED
    assert reason in report.reason
    assert "Pakai cara bayar lain" in report.reason
    assert sim.transactions() == []


@BOTH
def test_a_bill_can_be_withdrawn(sim, name):
    channel = channels(sim)[name]
    channel.start(a_request())

    report = channel.cancel("P-1")

    assert report.state is PaymentState.EXPIRED
    assert sim.transactions()[0]["transaction_status"] == "cancel"


def test_a_qr_that_stays_pending_past_its_time_is_expired_instead(sim, qris):
    qris.start(a_request())
    sim.knobs(expiry_lag_s=3600)
    sim.advance(901)
    assert qris.check("P-1").state is PaymentState.PENDING

    report = qris.cancel("P-1")

    assert report.state is PaymentState.EXPIRED
    assert sim.transactions()[0]["transaction_status"] == "expire"


def test_a_withdrawal_without_an_answer_means_that_we_do_not_know(sim, qris):
    qris.start(a_request())
    sim.knobs(fault="500", fault_on="cancel")

    with pytest.raises(ChannelUnavailable):
        qris.cancel("P-1")

    assert sim.transactions()[0]["transaction_status"] == "pending"


def test_withdrawing_what_was_paid_reports_the_money(sim, qris):
    qris.start(a_request())
    sim.pay("P-1")

    assert qris.cancel("P-1").state is PaymentState.SETTLED


def test_withdrawing_what_was_never_started_reports_that(qris):
    assert qris.cancel("P-1").state is PaymentState.CREATED


@BOTH
def test_a_callback_names_its_payment(notifying, name):
    channel = channels(notifying)[name]
    channel.start(a_request())

    assert channel.whose(newest_callback(notifying)) == "P-1"


def test_a_relabelled_callback_is_accepted_and_the_check_shows_the_real_state(notifying, gopay):
    notifying.knobs(relabel="settlement")
    gopay.start(a_request())

    reference = gopay.whose(newest_callback(notifying))

    assert gopay.check(reference).state is PaymentState.PENDING


@pytest.mark.parametrize("signature", ["wrong", "missing", "truncated"])
def test_a_forged_callback_is_rejected(notifying, gopay, signature):
    notifying.knobs(signature=signature)
    gopay.start(a_request())

    with pytest.raises(CallbackRejected):
        gopay.whose(newest_callback(notifying))


@pytest.mark.parametrize("garbage", [b"", b"null", b"[]", b"{}", b"\xff\x00", b"<html>"])
def test_an_unreadable_callback_is_rejected(gopay, garbage):
    with pytest.raises(CallbackRejected):
        gopay.whose(Callback(headers={}, body=garbage))


def test_callbacks_signed_with_the_key_before_the_rotation_are_believed(notifying):
    rotated = channels(notifying, AGENTSYS_MIDTRANS_SERVER_KEY=f"SB-new,{notifying.server_key}")
    channels(notifying)["gopay"].start(a_request())

    assert rotated["gopay"].whose(newest_callback(notifying)) == "P-1"


def test_the_test_button_names_an_order_that_nobody_made(notifying, gopay):
    order_id = notifying.notify_test()

    reference = gopay.whose(newest_callback(notifying))

    assert reference == order_id
    assert gopay.check(reference).state is PaymentState.CREATED
