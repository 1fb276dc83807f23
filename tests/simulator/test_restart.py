"""A simulator that is started again on the same file goes on with what it had agreed to do."""

import pytest
import requests

from agentsys.demo.midtrans_simulator import Simulator


@pytest.fixture
def again(tmp_path, merchant):
    """A simulator on a file that outlives it."""
    return lambda: Simulator(notify_url=merchant.url, state=tmp_path / "state.sqlite")


def post(sim, path, payload, key=""):
    auth = (key or sim.server_key, "")
    return requests.post(sim.url + path, json=payload, auth=auth, timeout=10).json()


def test_the_bank_still_confirms_a_refund(again, merchant):
    with again() as sim:
        order = {"order_id": "A-1", "gross_amount": 16_800}
        post(sim, "/v2/charge", {"payment_type": "qris", "transaction_details": order})
        sim.pay("A-1")
        post(sim, "/v2/A-1/refund", {"refund_key": "r-1", "amount": 500})
        sim.deliver_all()
    with again() as sim:
        sim.advance_until_quiet()

    confirmed = ["bank_confirmed_at" in n["refunds"][0] for n in merchant.received[2:]]
    assert confirmed == [False, True]


def test_a_link_is_still_there_and_its_subscription_is_charged(again):
    partner = {"phone_number": "81234567890", "country_code": "62"}
    with again() as sim:
        payload = {"payment_type": "gopay", "gopay_partner": partner}
        account_id = post(sim, "/v2/pay/account", payload)["account_id"]
        sim.do("link", account_id)
        wish = {
            "name": "S-1",
            "amount": "16800",
            "currency": "IDR",
            "payment_type": "gopay",
            "token": "any",
            "schedule": {"interval": 1, "interval_unit": "day"},
            "gopay": {"account_id": account_id},
        }
        subscription_id = post(sim, "/v1/subscriptions", wish)["id"]
    with again() as sim:
        sim.advance(2 * 86_400 + 1)
        statuses = [t["transaction_status"] for t in sim.transactions()]
        charged = sim.gateway.subscriptions.find(subscription_id).charged
        wallet_idr = sim.gateway.accounts.find(account_id).wallet_idr

    assert statuses == ["settlement"] * 2
    assert (charged, wallet_idr) == (2, 1_000_000 - 2 * 16_800)


def test_an_approved_payout_still_completes(again):
    row = {
        "beneficiary_name": "Jon Snow",
        "beneficiary_account": "1172993826",
        "beneficiary_bank": "bni",
        "amount": "100000",
        "notes": "Komisi",
    }
    with again() as sim:
        made = post(sim, "/iris/api/v1/payouts", {"payouts": [row]}, sim.keys.creator)
        number = made["payouts"][0]["reference_no"]
        wish = {"reference_nos": [number], "otp": "1"}
        post(sim, "/iris/api/v1/payouts/approve", wish, sim.keys.approver)
    with again() as sim:
        sim.advance(3600)
        status = sim.gateway.payouts.find(number).status

    assert status == "completed"


def test_a_link_that_nobody_answered_still_ends(again):
    partner = {"phone_number": "81234567890", "country_code": "62"}
    with again() as sim:
        payload = {"payment_type": "gopay", "gopay_partner": partner}
        account_id = post(sim, "/v2/pay/account", payload)["account_id"]
    with again() as sim:
        sim.advance(901)

        assert sim.gateway.accounts.find(account_id).status == "EXPIRED"
