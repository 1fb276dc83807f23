"""The simulator refuses what Midtrans refuses, with Midtrans' codes."""

from threading import Thread

import pytest
import requests

ITEM = {"id": "1", "price": 16_800, "quantity": 1, "name": "Iuran Oktober 2026"}


def test_a_charge_with_another_key_is_not_authorised(sim):
    answer = requests.post(f"{sim.url}/v2/charge", json={}, auth=("SB-wrong", ""), timeout=10)

    assert answer.status_code == 401
    assert answer.json()["status_code"] == "401"
    assert sim.transactions() == []


def test_a_qris_charge_is_pending_and_says_how_to_pay(sim, cashier):
    body = cashier.charge().json()

    assert body["status_code"] == "201"
    assert body["transaction_status"] == "pending"
    assert body["gross_amount"] == "16800.00"
    assert body["qr_string"] == f"{sim.url}/phone/{body['transaction_id']}"
    assert [action["name"] for action in body["actions"]] == ["generate-qr-code"]


def test_a_gopay_charge_has_a_link_that_opens_the_phone(sim, cashier):
    body = cashier.charge(kind="gopay").json()

    links = {action["name"]: action["url"] for action in body["actions"]}
    assert links["deeplink-redirect"] == f"{sim.url}/phone/{body['transaction_id']}"
    assert requests.get(links["deeplink-redirect"], timeout=10).status_code == 200
    assert "qr_string" not in body


@pytest.mark.parametrize("kind", ["gopay", "qris"])
def test_the_qr_is_a_picture_that_anybody_may_load(cashier, kind):
    body = cashier.charge(kind=kind).json()

    picture = requests.get(body["actions"][0]["url"], timeout=10)

    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": ""}, "payment_type is required"),
        ({"kind": "bitcoin"}, "payment_type bitcoin is not supported"),
        ({"order_id": ""}, "transaction_details.order_id is required"),
        ({"order_id": "x" * 51}, "transaction_details.order_id is too long, max 50 characters"),
        (
            {"order_id": "A/1"},
            "transaction_details.order_id contains characters that are not allowed",
        ),
        ({"amount": None}, "transaction_details.gross_amount is required"),
        ({"amount": 0}, "transaction_details.gross_amount must be between 1 - 10000000"),
        ({"amount": 10_000_001}, "transaction_details.gross_amount must be between 1 - 10000000"),
        (
            {"amount": 16_800.5},
            "transaction_details.gross_amount must be a whole number without decimals",
        ),
        (
            {"amount": "16800"},
            "transaction_details.gross_amount must be a whole number without decimals",
        ),
        (
            {"item_details": [ITEM, ITEM]},
            "transaction_details.gross_amount is not equal to the sum of item_details",
        ),
        ({"item_details": [{}]}, "item_details price and quantity are required"),
        (
            {"item_details": [{**ITEM, "name": "x" * 51}]},
            "item_details name is too long, max 50 characters",
        ),
        ({"qris": {"acquirer": "nobody"}}, "qris.acquirer is not supported"),
        (
            {"custom_expiry": {"expiry_duration": 8, "unit": "day"}},
            "custom_expiry is out of the range of this payment type",
        ),
        (
            {"custom_expiry": {"expiry_duration": 1, "unit": "fortnight"}},
            "custom_expiry.expiry_duration must be a positive number of a known unit",
        ),
    ],
)
def test_a_mistaken_charge_is_refused_with_its_mistake(sim, cashier, wrong, message):
    answer = cashier.charge(**wrong)

    assert answer.status_code == 400
    assert answer.json()["validation_messages"] == [message]
    assert sim.transactions() == []


@pytest.mark.parametrize("payload", [[], "text", 7])
def test_a_charge_that_is_no_object_is_refused(cashier, payload):
    assert cashier.post("/v2/charge", payload).json()["status_code"] == "413"


def test_item_sums_are_not_checked_when_strictness_is_off(sim, cashier):
    sim.knobs(strict=False)

    assert cashier.charge(item_details=[ITEM, ITEM]).status_code == 201


def test_a_method_that_is_not_activated_is_refused(sim, cashier):
    sim.knobs(not_activated=["qris"])

    assert cashier.charge("A-1").json()["status_code"] == "402"
    assert cashier.charge("A-2", kind="gopay").json()["status_code"] == "201"


@pytest.mark.parametrize(
    ("what_happened", "code"),
    [
        (lambda sim: None, "406"),
        (lambda sim: sim.pay("A-1"), "406"),
        (lambda sim: sim.deny("A-1"), "406"),
        (lambda sim: sim.advance(901), "201"),
        (lambda sim: sim.gateway.move("A-1", "cancel"), "201"),
    ],
    ids=["pending", "paid", "denied", "expired", "cancelled"],
)
def test_an_order_id_is_free_again_only_after_expiry_or_cancel(sim, cashier, what_happened, code):
    cashier.charge()
    what_happened(sim)

    assert cashier.charge().json()["status_code"] == code


def test_a_new_attempt_speaks_for_the_order_and_the_old_one_keeps_its_own_id(sim, cashier):
    old = cashier.charge().json()["transaction_id"]
    sim.advance(901)
    new = cashier.charge().json()["transaction_id"]

    assert cashier.status("A-1")["transaction_id"] == new
    assert cashier.status(old)["transaction_status"] == "expire"


def test_an_idempotency_key_gives_the_first_answer_whatever_the_body_says(sim, cashier):
    key = {"Idempotency-Key": "key-1"}
    first = cashier.charge("A-1", headers=key).json()

    second = cashier.charge("A-2", amount=99, headers=key).json()

    assert second == first
    assert len(sim.transactions()) == 1


def test_an_idempotency_key_is_forgotten_after_five_minutes(sim, cashier):
    key = {"Idempotency-Key": "key-1"}
    cashier.charge(headers=key)
    sim.advance(301)

    assert cashier.charge(headers=key).json()["status_code"] == "406"


def test_an_idempotency_key_remembers_no_failure(cashier):
    key = {"Idempotency-Key": "key-1"}
    cashier.charge(amount=0, headers=key)

    assert cashier.charge(headers=key).json()["status_code"] == "201"


def test_an_idempotency_key_that_is_too_long_counts_for_nothing(cashier):
    key = {"Idempotency-Key": "k" * 47}
    cashier.charge(headers=key)

    assert cashier.charge(headers=key).json()["status_code"] == "406"


def test_a_second_charge_while_the_first_is_in_flight_is_told_so(sim, cashier, wait_for):
    key = {"Idempotency-Key": "key-1"}
    sim.knobs(fault="hang", fault_on="charge", fault_times=1, fault_after=True)
    first = Thread(target=cashier.charge, kwargs={"headers": key}, daemon=True)
    first.start()
    wait_for(sim.transactions)

    second = cashier.charge(headers=key)

    assert second.status_code == 202
    assert len(sim.transactions()) == 1


@pytest.mark.parametrize(
    ("move", "code", "status"),
    [
        (None, "201", "pending"),
        ("settlement", "200", "settlement"),
        ("deny", "202", "deny"),
        ("cancel", "200", "cancel"),
        ("expire", "407", "expire"),
    ],
)
def test_asking_for_the_status_gives_the_documented_code(sim, cashier, move, code, status):
    cashier.charge()
    if move:
        sim.gateway.move("A-1", move)

    body = cashier.status()

    assert (body["status_code"], body["transaction_status"]) == (code, status)


def test_an_unknown_order_is_not_found(cashier):
    assert cashier.status("A-404")["status_code"] == "404"


def test_expire_answers_407_and_succeeds(cashier):
    cashier.charge()

    answer = cashier.post("/v2/A-1/expire")

    assert answer.status_code == 200
    assert answer.json()["status_code"] == "407"
    assert cashier.status()["transaction_status"] == "expire"


@pytest.mark.parametrize("action", ["cancel", "expire"])
def test_what_is_paid_can_be_neither_cancelled_nor_expired(sim, cashier, action):
    cashier.charge()
    sim.pay("A-1")

    assert cashier.post(f"/v2/A-1/{action}").json()["status_code"] == "412"
    assert cashier.status()["transaction_status"] == "settlement"


def test_a_payment_expires_by_the_clock_and_not_before(sim, cashier):
    cashier.charge()

    sim.advance(890)
    before = cashier.status()["transaction_status"]
    sim.advance(11)

    assert (before, cashier.status()["transaction_status"]) == ("pending", "expire")


def test_a_custom_expiry_is_kept(sim, cashier):
    cashier.charge(custom_expiry={"expiry_duration": 2, "unit": "hour"})

    sim.advance(7_190)
    before = cashier.status()["transaction_status"]
    sim.advance(11)

    assert (before, cashier.status()["transaction_status"]) == ("pending", "expire")


def test_an_expired_payment_can_be_paid_only_when_lateness_is_turned_on(sim, cashier):
    cashier.charge()
    sim.advance(901)

    refused = requests.post(f"{sim.url}/_sim/pay/A-1", timeout=10)
    sim.knobs(late_settlement=True)
    paid = requests.post(f"{sim.url}/_sim/pay/A-1", timeout=10)

    assert (refused.status_code, paid.status_code) == (412, 200)
    assert cashier.status()["transaction_status"] == "settlement"


def test_errors_come_as_http_200_when_asked(sim, cashier):
    sim.knobs(errors_as_http_200=True)

    answer = cashier.post("/v2/A-404/cancel")

    assert (answer.status_code, answer.json()["status_code"]) == (200, "404")


def test_an_imposed_fee_is_on_top_and_explained(sim, cashier):
    sim.knobs(imposed_fee_idr=71)
    cashier.charge(amount=10_000, metadata={"ours": "kept"})

    body = cashier.status()

    assert body["gross_amount"] == "10071.00"
    assert body["metadata"]["ours"] == "kept"
    assert body["metadata"]["extra_info"]["gross_amount_info"]["original_amount"] == "10000"
