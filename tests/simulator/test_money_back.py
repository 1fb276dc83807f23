"""Refunds come in two notices, within their limits; chargebacks come from the bank."""

import pytest
import requests


@pytest.fixture
def paid(sim, cashier):
    cashier.charge(kind="gopay")
    sim.pay("A-1")
    return "/v2/A-1/refund"


def test_a_refund_is_told_at_once_and_again_when_the_bank_confirms(sim, cashier, merchant, paid):
    answer = cashier.post(paid, {"refund_key": "r1", "amount": 5_000}).json()
    sim.deliver_all()
    sim.advance(61)
    sim.deliver_all()

    first, second = merchant.received[-2:]
    assert answer["transaction_status"] == "partial_refund"
    assert "bank_confirmed_at" not in first["refunds"][0]
    assert second["refunds"][0]["bank_confirmed_at"]
    assert second["refund_amount"] == "5000.00"


def test_the_same_key_refunds_once(sim, cashier, paid):
    first = cashier.post(paid, {"refund_key": "r1", "amount": 5_000}).json()
    second = cashier.post(paid, {"refund_key": "r1", "amount": 5_000}).json()
    other = cashier.post(paid, {"refund_key": "r1", "amount": 6_000}).json()

    assert second["refund_chargeback_uuid"] == first["refund_chargeback_uuid"]
    assert cashier.status()["refund_amount"] == "5000.00"
    assert other["status_code"] == "406"


def test_refunds_add_up_to_the_whole(cashier, paid):
    cashier.post(paid, {"refund_key": "r1", "amount": 5_000})
    too_much = cashier.post(paid, {"refund_key": "r2", "amount": 11_801}).json()
    cashier.post(paid, {"refund_key": "r3"})

    assert too_much["status_code"] == "414"
    assert cashier.status()["transaction_status"] == "refund"
    assert cashier.status()["refund_amount"] == "16800.00"


@pytest.mark.parametrize(
    ("charge", "wish", "code"),
    [
        ({"kind": "bank_transfer", "bank_transfer": {"bank": "bca"}}, {}, "412"),
        ({"kind": "shopeepay"}, {"amount": 5_000}, "414"),
        ({"kind": "shopeepay"}, {}, "200"),
    ],
)
def test_a_channel_refunds_what_it_can(sim, cashier, charge, wish, code):
    cashier.charge(**charge)
    sim.pay("A-1")

    answer = cashier.post("/v2/A-1/refund/online/direct", {"refund_key": "r1", **wish})

    assert answer.json()["status_code"] == code


def test_a_refund_comes_too_late_after_its_window(sim, cashier, paid):
    sim.advance(46 * 86_400)

    assert cashier.post(paid, {"refund_key": "r1"}).json()["status_code"] == "412"


def test_a_payer_takes_the_money_back_through_the_bank(sim, cashier, merchant, paid):
    first = requests.post(f"{sim.url}/_sim/chargeback/A-1", json={"amount_idr": 800}, timeout=10)
    rest = requests.post(f"{sim.url}/_sim/chargeback/A-1", timeout=10)
    sim.deliver_all()

    assert first.json()["transaction_status"] == "partial_chargeback"
    assert rest.json()["transaction_status"] == "chargeback"
    assert merchant.statuses()[-2:] == ["partial_chargeback", "chargeback"]
