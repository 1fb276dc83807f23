"""The simulator counts as Midtrans does: signed, repeated, and as badly as a test wants."""

import hashlib

import pytest
import requests

from agentsys.demo.midtrans_simulator import Simulator
from agentsys.demo.midtrans_simulator.channels.transaction import sign


def test_the_signature_is_the_documented_one():
    # The inputs are those of Midtrans' own reference page.
    key = "askvnoibnosifnboseofinbofinfgbiufglnbfg"

    signature = sign("1111", "200", "100000.00", key)

    assert signature.startswith("edc076b21793ebe3e17926350f5b8ae67d902fe657b3d0aa31b932d5c127e237")


def test_a_payment_is_notified_twice_first_pending_then_settled(sim, cashier, merchant):
    cashier.charge()
    sim.pay("A-1")

    outcomes = sim.deliver_all()

    assert outcomes == ["200", "200"]
    assert merchant.statuses() == ["pending", "settlement"]
    settled = merchant.received[1]
    text = f"A-1200{settled['gross_amount']}{sim.server_key}"
    assert settled["signature_key"] == hashlib.sha512(text.encode()).hexdigest()
    assert settled["settlement_time"]


@pytest.mark.parametrize(
    ("move", "code"), [("settlement", "200"), ("deny", "202"), ("cancel", "202"), ("expire", "202")]
)
def test_a_notice_has_the_documented_code(sim, cashier, merchant, move, code):
    cashier.charge()
    sim.gateway.move("A-1", move)

    sim.deliver_all()

    assert [notice["status_code"] for notice in merchant.received] == ["201", code]


def test_an_expiry_is_notified(sim, cashier, merchant):
    cashier.charge()
    sim.advance(901)

    sim.deliver_all()

    assert merchant.statuses() == ["pending", "expire"]


def test_a_simulator_that_notifies_by_itself_notices_the_expiry_by_itself(merchant, wait_for):
    with Simulator(notify_url=merchant.url, auto_deliver=True) as sim:
        requests.post(
            f"{sim.url}/v2/charge",
            json={
                "payment_type": "qris",
                "transaction_details": {"order_id": "A-1", "gross_amount": 16_800},
            },
            auth=(sim.server_key, ""),
            timeout=10,
        )
        wait_for(lambda: merchant.statuses() == ["pending"])

        sim.gateway.clock.advance(901)

        wait_for(lambda: merchant.statuses() == ["pending", "expire"])


def test_nothing_is_delivered_twice_once_it_is_accepted(sim, cashier, merchant):
    cashier.charge()
    sim.deliver_all()
    sim.advance(24 * 3600)

    sim.deliver_all()

    assert merchant.statuses() == ["pending", "expire"]


def test_duplicates_come_as_many_times_as_asked(sim, cashier, merchant):
    cashier.charge()
    sim.deliver_all()
    sim.knobs(duplicate=50)
    sim.pay("A-1")

    outcomes = sim.deliver_all(parallel=8)

    assert outcomes == ["200"] * 50
    assert merchant.statuses() == ["pending"] + ["settlement"] * 50


def test_a_reordered_pending_comes_after_the_settlement(sim, cashier, merchant):
    sim.knobs(reorder=True)
    cashier.charge()
    assert sim.deliver_all() == []
    sim.pay("A-1")

    sim.deliver_all()

    assert merchant.statuses() == ["settlement", "pending"]


def test_a_delayed_notice_comes_when_its_time_has_come(sim, cashier, merchant):
    sim.knobs(delay_s=600)
    cashier.charge()
    assert sim.deliver_all() == []
    sim.advance(601)

    sim.deliver_all()

    assert merchant.statuses() == ["pending"]


def test_a_dropped_notice_never_comes(sim, cashier, merchant):
    sim.knobs(drop=True)
    cashier.charge()
    sim.pay("A-1")
    sim.advance(24 * 3600)

    assert sim.deliver_all() == []
    assert cashier.status()["transaction_status"] == "settlement"


@pytest.mark.parametrize(
    ("knob", "spoilt"),
    [
        ("wrong", lambda good: good[::-1]),
        ("truncated", lambda good: good[:64]),
        ("missing", lambda good: None),
    ],
)
def test_a_signature_can_be_spoilt(sim, cashier, merchant, knob, spoilt):
    sim.knobs(signature=knob)
    cashier.charge()

    sim.deliver_all()

    good = sign("A-1", "201", "16800.00", sim.server_key)
    assert merchant.received[0].get("signature_key") == spoilt(good)


def test_a_relabelled_notice_keeps_its_good_signature(sim, cashier, merchant):
    sim.knobs(relabel="settlement")
    cashier.charge()

    sim.deliver_all()

    (notice,) = merchant.received
    assert notice["transaction_status"] == "settlement"
    assert notice["signature_key"] == sign("A-1", "201", "16800.00", sim.server_key)
    assert cashier.status()["transaction_status"] == "pending"


def test_unknown_fields_and_plain_amounts_are_sent_when_asked(sim, cashier, merchant):
    sim.knobs(notification_fields={"new_in_2027": [1]}, plain_amount=True)
    cashier.charge()

    sim.deliver_all()

    assert merchant.received[0]["new_in_2027"] == [1]
    assert merchant.received[0]["gross_amount"] == "16800"
    assert merchant.received[0]["signature_key"] == sign("A-1", "201", "16800", sim.server_key)


@pytest.mark.parametrize("profile", ["guide_2026_04", "reference_2025_11"])
@pytest.mark.parametrize(
    ("answer", "counts"),
    [(200, 1), (204, 1), (500, 2), (503, 5), (400, 3), (404, 3), (301, 1), (302, 1), (403, 6)],
)
def test_a_refused_notice_is_repeated_as_the_table_says(
    sim, cashier, merchant, answer, counts, profile
):
    sim.knobs(profile=profile)
    merchant.answers = [answer] * 20
    cashier.charge(custom_expiry={"expiry_duration": 7, "unit": "day"})

    for _ in range(10):
        sim.deliver_all()
        sim.advance(211 * 60)

    assert len(merchant.received) == counts


def test_a_repeat_waits_for_its_interval(sim, cashier, merchant):
    merchant.answers = [503, 503]
    cashier.charge()

    counts = []
    for seconds in (0, 110, 11, 590, 11):
        sim.advance(seconds)
        sim.deliver_all()
        counts.append(len(merchant.received))

    assert counts == [1, 1, 2, 2, 3]


def test_a_merchant_that_is_down_is_notified_again(sim, cashier, merchant):
    sim.knobs(notify_url="http://127.0.0.1:1/callbacks/qris")
    cashier.charge()

    assert sim.deliver_all() == ["ConnectionError"]
    assert sim.notifications()[0]["state"] == "waiting"


def test_a_302_is_not_followed_and_a_307_is(sim, cashier, merchant):
    merchant.location = "/elsewhere"
    merchant.answers = [302, 307]
    cashier.charge("A-1")
    cashier.charge("A-2")

    outcomes = sim.deliver_all()

    assert outcomes == ["302", "200"]
    assert [notice["_path"] for notice in merchant.received] == [
        "callbacks/qris",
        "callbacks/qris",
        "elsewhere",
    ]


def test_the_test_button_notifies_of_an_order_that_nobody_made(sim, merchant):
    order_id = requests.post(f"{sim.url}/_sim/notify-test", timeout=10).json()["order_id"]

    sim.deliver_all()

    assert merchant.received[0]["order_id"] == order_id
    assert merchant.received[0]["signature_key"] == sign(
        order_id, "200", "105000.00", sim.server_key
    )
    assert sim.transactions() == []


def test_an_older_state_can_be_sent_again(sim, cashier, merchant):
    cashier.charge()
    sim.pay("A-1")
    sim.deliver_all()

    sim.notify("A-1", status="pending")
    sim.deliver_all()

    assert merchant.statuses() == ["pending", "settlement", "pending"]


def test_a_charge_may_name_other_notification_addresses(sim, cashier, merchant):
    other = merchant.url.replace("qris", "other")
    cashier.charge("A-1", headers={"X-Override-Notification": other})
    cashier.charge("A-2", headers={"X-Append-Notification": other})

    sim.deliver_all()

    assert [(n["order_id"], n["_path"]) for n in merchant.received] == [
        ("A-1", "callbacks/other"),
        ("A-2", "callbacks/qris"),
        ("A-2", "callbacks/other"),
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("knobs", {"no_such_knob": 1}),
        ("knobs", {"duplicate": "many"}),
        ("knobs", {"fault": "meteor"}),
        ("clock", {"advance_s": -1}),
        ("clock", {"advance_s": "soon"}),
    ],
)
def test_a_lever_that_does_not_exist_is_refused(sim, path, body):
    before = sim.gateway.knobs.shown()

    answer = requests.post(f"{sim.url}/_sim/{path}", json=body, timeout=10)

    assert answer.status_code == 400
    assert sim.gateway.knobs.shown() == before
