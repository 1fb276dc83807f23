"""Every channel of the simulator says what the customer needs, and keeps its own rules."""

import pytest
import requests

VA = {"kind": "bank_transfer"}
CHANNELS = {
    "bca": {**VA, "bank_transfer": {"bank": "bca"}},
    "bni": {**VA, "bank_transfer": {"bank": "bni"}},
    "bri": {**VA, "bank_transfer": {"bank": "bri"}},
    "cimb": {**VA, "bank_transfer": {"bank": "cimb"}},
    "permata": {**VA, "bank_transfer": {"bank": "permata"}},
    "mandiri": {"kind": "echannel", "echannel": {"bill_info1": "Iuran", "bill_info2": "Okt"}},
    "indomaret": {"kind": "cstore", "cstore": {"store": "Indomaret"}},
    "alfamart": {"kind": "cstore", "cstore": {"store": "alfamart"}},
    "ovo": {"kind": "ovo", "ovo": {"payer_phone_number": "081111111111"}},
    "shopeepay": {"kind": "shopeepay", "shopeepay": {"callback_url": "http://agen.example/"}},
}


@pytest.mark.parametrize(
    ("channel", "says"),
    [
        ("bca", "va_numbers"),
        ("bni", "va_numbers"),
        ("bri", "va_numbers"),
        ("cimb", "va_numbers"),
        ("permata", "permata_va_number"),
        ("mandiri", "bill_key"),
        ("indomaret", "payment_code"),
        ("alfamart", "payment_code"),
        ("ovo", "payer_phone_number"),
        ("shopeepay", "actions"),
    ],
)
def test_a_charge_says_how_to_pay_and_its_page_settles_it(sim, cashier, channel, says):
    body = cashier.charge(**CHANNELS[channel]).json()
    page = requests.get(f"{sim.url}/phone/{body['transaction_id']}", timeout=10)
    sim.pay("A-1")

    assert body["status_code"] == "201"
    assert body[says]
    assert page.status_code == 200
    assert cashier.status()["transaction_status"] == "settlement"


@pytest.mark.parametrize(
    ("channel", "seconds"),
    [("bca", 86_400), ("mandiri", 86_400), ("alfamart", 86_400), ("ovo", 65), ("shopeepay", 900)],
)
def test_a_channel_has_its_own_expiry(sim, cashier, channel, seconds):
    cashier.charge(**CHANNELS[channel])
    sim.advance(seconds - 20)
    before = cashier.status()["transaction_status"].lower()
    sim.advance(21)

    assert (before, cashier.status()["transaction_status"]) == ("pending", "expire")


@pytest.mark.parametrize(
    ("channel", "amount"), [("bca", 9_999), ("indomaret", 9_999), ("alfamart", 5_000_001)]
)
def test_a_channel_has_its_own_limits(cashier, channel, amount):
    assert cashier.charge(amount=amount, **CHANNELS[channel]).status_code == 400


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({**VA, "bank_transfer": {"bank": "nobody"}}, "bank_transfer.bank is not supported"),
        ({"kind": "cstore", "cstore": {}}, "cstore.store is not supported"),
        ({"kind": "ovo"}, "ovo.payer_phone_number is required"),
        ({"kind": "credit_card"}, "credit_card.token_id is required"),
        (
            {**VA, "bank_transfer": {"bank": "bca", "va_number": "12x"}},
            "bank_transfer.va_number must be digits of the length that the bank allows",
        ),
    ],
)
def test_an_unknown_bank_store_or_payer_is_refused(cashier, wrong, message):
    assert cashier.charge(**wrong).json()["validation_messages"] == [message]


def test_an_order_id_may_be_a_number(cashier):
    body = cashier.charge(order_id=1_345_980_170).json()

    assert body["order_id"] == "1345980170"
    assert cashier.status("1345980170")["status_code"] == "201"


@pytest.mark.parametrize(
    ("channel", "kept"), [("permata", False), ("indomaret", False), ("bca", True), ("ovo", True)]
)
def test_some_channels_know_no_idempotency_key(cashier, channel, kept):
    key = {"Idempotency-Key": "key-1"}
    first = cashier.charge(headers=key, **CHANNELS[channel]).json()

    second = cashier.charge(headers=key, **CHANNELS[channel]).json()

    assert (second == first) is kept
    assert kept or second["status_code"] == "406"


@pytest.mark.parametrize(
    ("channel", "code"), [("permata", 200), ("mandiri", 200), ("indomaret", 200), ("bca", 412)]
)
def test_only_some_settlements_are_reversed(sim, cashier, channel, code):
    cashier.charge(**CHANNELS[channel])
    sim.pay("A-1")
    sim.advance(240)

    answer = requests.post(f"{sim.url}/_sim/reverse/A-1", timeout=10)

    assert answer.status_code == code
    assert (cashier.status()["transaction_status"] == "deny") is (code == 200)


def test_a_settlement_is_not_reversed_when_the_window_is_over(sim, cashier):
    cashier.charge(**CHANNELS["permata"])
    sim.pay("A-1")
    sim.advance(301)

    assert requests.post(f"{sim.url}/_sim/reverse/A-1", timeout=10).status_code == 412


def test_a_bni_payment_lists_its_amounts_also_an_open_one(sim, cashier, merchant):
    sim.knobs(open_amount=True)
    cashier.charge(**CHANNELS["bni"])
    requests.post(f"{sim.url}/_sim/pay/A-1", json={"paid_idr": 20_000}, timeout=10)
    sim.deliver_all()

    settled = merchant.received[-1]
    assert settled["gross_amount"] == "16800.00"
    assert [paid["amount"] for paid in settled["payment_amounts"]] == ["20000.00"]


def test_an_indomaret_notice_has_no_fraud_status(sim, cashier, merchant):
    cashier.charge(**CHANNELS["indomaret"])
    sim.pay("A-1")
    sim.deliver_all()

    assert "fraud_status" not in merchant.received[-1]
    assert merchant.received[-1]["approval_code"]


def test_ovo_is_not_cancelled_and_knows_no_unknown_phone(sim, cashier):
    sim.knobs(ovo_unknown_phones=["080000000000"])
    cashier.charge(**CHANNELS["ovo"])
    unknown = cashier.charge("A-2", kind="ovo", ovo={"payer_phone_number": "080000000000"})

    assert cashier.post("/v2/A-1/cancel").json()["status_code"] == "412"
    assert unknown.status_code == 404


def test_a_fixed_virtual_account_serves_one_open_order_at_a_time(sim, cashier):
    fixed = {**VA, "bank_transfer": {"bank": "bca", "va_number": "12345678901"}}
    first = cashier.charge("A-1", **fixed).json()["va_numbers"]
    taken = cashier.charge("A-2", **fixed).json()["va_numbers"]
    sim.pay("A-1")

    again = cashier.charge("A-3", **fixed).json()["va_numbers"]

    assert taken != first
    assert again == first


@pytest.mark.parametrize("kind", ["gopay", "shopeepay"])
def test_a_pending_shopeepay_is_spelt_in_capitals(cashier, kind):
    cashier.charge(kind=kind)

    status = cashier.status()

    expected = ("200", "PENDING") if kind == "shopeepay" else ("201", "pending")
    assert (status["status_code"], status["transaction_status"]) == expected


@pytest.mark.parametrize("action", ["approve", "deny", "capture", "refund"])
def test_an_action_that_does_not_fit_is_refused_with_412(cashier, action):
    cashier.charge()
    path = "/v2/capture" if action == "capture" else f"/v2/A-1/{action}"

    answer = cashier.post(path, {"transaction_id": "A-1"})

    assert answer.json()["status_code"] == "412"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v2//status", "status_message"),
        ("/v2/A-1/frobnicate", "status_message"),
        ("/v1/nothing", "status_message"),
        ("/snap/v9/nothing", "error_messages"),
        ("/iris/api/v1/nothing", "error_message"),
    ],
)
def test_an_unknown_address_answers_with_json(sim, path, field):
    answer = requests.post(sim.url + path, allow_redirects=False, timeout=10)

    assert answer.status_code in (404, 405)
    assert answer.json()[field]


@pytest.mark.parametrize("body", [b"", b"null"])
def test_a_charge_without_a_body_is_unexpected(sim, body):
    answer = requests.post(f"{sim.url}/v2/charge", data=body, auth=(sim.server_key, ""), timeout=10)

    assert answer.status_code == 500
    assert "unexpected" in answer.json()["status_message"]


def test_all_attempts_of_an_order_are_listed_newest_first(sim, cashier):
    old = cashier.charge().json()["transaction_id"]
    sim.advance(901)
    new = cashier.charge().json()["transaction_id"]

    listed = requests.get(
        f"{sim.url}/v2/A-1/status/b2b", auth=(sim.server_key, ""), timeout=10
    ).json()

    assert [t["transaction_id"] for t in listed["transactions"]] == [new, old]
