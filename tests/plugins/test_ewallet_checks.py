"""What a check of a payment says."""

from __future__ import annotations

import pytest

from agentsys.extension.contract import (
    ChannelUnavailable,
    PaymentState,
)
from tests.plugins.ewallet_bills import BOTH, a_request, channels


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

    with pytest.raises(ChannelUnavailable, match="TooLate"):
        gopay.check("P-1")
