"""Bills that are withdrawn, and callbacks about them."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import (
    Callback,
    CallbackRejected,
    ChannelUnavailable,
    PaymentState,
)
from tests.plugins.ewallet_bills import BOTH, a_request, channels


def newest_callback(sim):
    """The newest notification, as the callback view would pass it."""
    return Callback(headers={}, body=sim.notifications()[-1]["body"].encode())


@pytest.fixture
def notifying(sim):
    """The simulator with a notification address, so that it sends notifications."""
    sim.knobs(notify_url="http://127.0.0.1:1/callbacks/qris")
    return sim


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
