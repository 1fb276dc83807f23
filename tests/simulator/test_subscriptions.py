"""Subscriptions: the gateway charges by a schedule, tries again, and tells without signing."""

import itertools

import pytest
import requests

DAY, HOUR = 86_400, 3600
RETRIES = {"interval": 1, "interval_unit": "hour", "max_interval": 2}


@pytest.fixture
def call(sim):
    def send(path="", payload=None, *, method="POST", **headers):
        return requests.request(
            method,
            f"{sim.url}/v1/subscriptions{path}",
            json=payload,
            headers=headers,
            auth=(sim.server_key, ""),
            timeout=10,
        )

    return send


@pytest.fixture
def account(sim, cashier):
    partner = {"phone_number": "81234567890", "country_code": "62"}
    payload = {"payment_type": "gopay", "gopay_partner": partner}
    account_id = cashier.post("/v2/pay/account", payload).json()["account_id"]
    sim.do("link", account_id)
    return account_id


@pytest.fixture
def wish(sim, account):
    answer = requests.get(
        f"{sim.url}/v2/pay/account/{account}", auth=(sim.server_key, ""), timeout=10
    )
    return {
        "name": "IURAN-1",
        "amount": "16800",
        "currency": "IDR",
        "payment_type": "gopay",
        "token": answer.json()["metadata"]["payment_options"][0]["token"],
        "schedule": {"interval": 1, "interval_unit": "day", "max_interval": 3},
        "retry_schedule": RETRIES,
        "gopay": {"account_id": account},
        "metadata": {"note": "x"},
    }


@pytest.fixture
def read(call):
    return lambda subscription_id: call(f"/{subscription_id}", method="GET").json()


@pytest.fixture
def made(call, wish):
    return call("", wish).json()["id"]


@pytest.fixture
def poor(sim, account, made):
    """A subscription whose wallet is empty."""
    sim.do("account", account, wallet_idr=0)
    return made


def told(merchant):
    return [n["transaction"] for n in merchant.received if n.get("event_name")]


def test_every_cycle_is_charged_until_the_last(sim, read, made):
    sim.advance(10 * DAY)
    subscription = read(made)
    charges = sim.transactions()

    assert [t["transaction_status"] for t in charges] == ["settlement"] * 3
    assert all(t["order_id"].startswith("IURAN-1") for t in charges)
    assert subscription["transaction_ids"] == [t["transaction_id"] for t in charges]
    assert (subscription["status"], subscription["schedule"]["current_interval"]) == ("inactive", 3)
    assert "next_execution_at" not in subscription["schedule"]


def test_nothing_is_charged_before_the_first_interval_is_over(sim, made):
    sim.advance(DAY - 5)
    before = len(sim.transactions())
    sim.advance(10)

    assert (before, len(sim.transactions())) == (0, 1)


def test_a_start_is_kept_and_one_in_the_past_charges_at_once(sim, call, wish):
    later = {**wish["schedule"], "start_time": "2035-01-31 08:00:00 +0700"}
    past = {**wish["schedule"], "start_time": "2022-10-10 07:25:01 +0700"}
    kept = call("", {**wish, "schedule": later}).json()["schedule"]
    call("", {**wish, "name": "PAST", "schedule": past})

    assert kept["next_execution_at"] == "2035-01-31T01:00:00.000000Z"
    assert [t["order_id"][:4] for t in sim.transactions()] == ["PAST"]

    sim.knobs(subscription_past_start=False)
    refused = call("", {**wish, "schedule": past})
    assert refused.status_code == 400
    assert "must be after current time" in refused.json()["validation_messages"][0]


def test_months_are_charged_on_the_same_day_or_the_months_last(sim, call, wish):
    schedule = {"interval": 1, "interval_unit": "month", "start_time": "2035-01-31 08:00:00 +0700"}
    sim_id = call("", {**wish, "schedule": schedule}).json()["id"]
    subscription = sim.gateway.subscriptions.find(sim_id)
    moments, moment = [], subscription.next_at
    for _ in range(3):
        moments.append(moment)
        moment = subscription.schedule.after(moment)

    days = [round((later - earlier) / DAY) for earlier, later in itertools.pairwise(moments)]
    assert days == [28, 31]


def test_making_and_charging_are_told_without_a_signature(sim, merchant, made):
    sim.deliver_all()
    sim.advance(DAY + 1)
    sim.deliver_all()
    _account_linked, bare, *ordinary, cycle = merchant.received

    assert (bare["id"], "event_name" in bare) == (made, False)
    assert cycle["event_name"] == "subscription.charge"
    assert set(cycle["transaction"]) == {"transaction_status", "transaction_id", "status_code"}
    assert cycle["subscription"]["schedule"]["current_interval"] == 1
    assert "signature_key" not in bare
    assert "signature_key" not in cycle
    # Besides, each try is an ordinary payment with an ordinary, signed notice.
    assert [n["transaction_status"] for n in ordinary] == ["settlement"]
    assert len(ordinary[0]["signature_key"]) == 128


def test_notices_of_subscriptions_go_to_an_address_of_their_own(sim, merchant, call, wish):
    sim.knobs(recurring_notify_url=merchant.url.replace("qris", "recurring"))
    call("", wish)
    sim.advance(DAY + 1)
    sim.deliver_all()

    told_at = [(n["_path"], "event_name" in n or "schedule" in n) for n in merchant.received]
    assert ("callbacks/recurring", True) in told_at
    assert ("callbacks/qris", False) in told_at
    assert ("callbacks/qris", True) not in told_at


def test_a_failed_charge_is_tried_again_then_the_subscription_ends(sim, merchant, read, poor):
    sim.advance(DAY + HOUR + 1)
    before = (len(sim.transactions()), read(poor)["status"])
    sim.advance(HOUR + 1)
    sim.deliver_all()

    assert before == (2, "active")
    assert [t["transaction_status"] for t in sim.transactions()] == ["deny"] * 3
    assert read(poor)["status"] == "inactive"
    assert [t["transaction_status"] for t in told(merchant)] == ["deny"]


def test_a_retry_that_succeeds_goes_on_with_the_schedule(sim, account, read, poor):
    sim.advance(DAY + 1)
    sim.do("account", account, wallet_idr=500_000)
    sim.advance(HOUR)
    sim.advance(DAY)

    statuses = [t["transaction_status"] for t in sim.transactions()]
    assert statuses == ["deny", "settlement", "settlement"]
    assert read(poor)["status"] == "active"


def test_disabling_leaves_the_pending_retries_and_cancelling_does_not(sim, call, account, poor):
    sim.advance(DAY + 1)
    call(f"/{poor}/disable")
    sim.do("account", account, wallet_idr=500_000)
    sim.advance(5 * DAY)
    disabled = [t["transaction_status"] for t in sim.transactions()]

    assert disabled == ["deny", "settlement"]


def test_cancelling_stops_the_pending_retries_for_good(sim, call, account, read, poor):
    sim.advance(DAY + 1)
    cancelled = call(f"/{poor}/cancel")
    sim.do("account", account, wallet_idr=500_000)
    sim.advance(5 * DAY)

    assert cancelled.json() == {"status_message": "Subscription is updated."}
    assert [t["transaction_status"] for t in sim.transactions()] == ["deny"]
    assert read(poor)["status"] == "inactive"
    assert call(f"/{poor}/enable").status_code == 400


def test_enabling_goes_on_from_now_and_charges_nothing_for_the_past(sim, call, read, made):
    call(f"/{made}/disable")
    sim.advance(10 * DAY)
    call(f"/{made}/enable")
    between = len(sim.transactions())
    sim.advance(DAY + 1)

    assert (between, len(sim.transactions())) == (0, 1)
    assert read(made)["status"] == "active"


def test_a_charge_that_cannot_be_made_is_told_without_a_transaction(sim, merchant, call, wish):
    sim.knobs(not_activated=["gopay"])
    call("", {**wish, "retry_schedule": {"max_interval": 0}})
    sim.advance(DAY + 1)
    sim.deliver_all()

    assert told(merchant) == [
        {"status_code": "402", "status_message": "Payment channel is not activated."}
    ]


def test_a_new_sum_counts_at_once_and_a_new_interval_from_the_next_charge(sim, call, wish, made):
    change = {**wish, "amount": "20000", "schedule": {"interval": 2}}
    answer = call(f"/{made}", change, method="PATCH")
    sim.advance(DAY + 1)
    sim.advance(DAY + 1)
    after_two = [t["gross_amount"] for t in sim.transactions()]
    sim.advance(DAY)

    assert answer.json() == {"status_message": "Subscription is updated."}
    assert after_two == ["20000.00"]
    assert len(sim.transactions()) == 2


def test_a_future_start_revives_a_subscription(sim, call, read, wish, made):
    call(f"/{made}/cancel")
    start = {"start_time": "2035-01-01 08:00:00 +0700"}
    call(f"/{made}", {**wish, "schedule": start}, method="PATCH")

    assert read(made)["status"] == "active"
    assert read(made)["schedule"]["next_execution_at"].startswith("2035-01-01T01")


def test_a_saved_card_is_charged_by_its_schedule(sim, call, wish):
    asked = {
        "client_key": sim.keys.clients[0],
        "card_number": "4811111111111114",
        "card_exp_month": "12",
        "card_exp_year": "2031",
    }
    card = requests.get(f"{sim.url}/v2/card/register", params=asked, timeout=10).json()
    call("", {**wish, "payment_type": "credit_card", "token": card["saved_token_id"]})
    sim.advance(2 * DAY + 1)

    statuses = [t["transaction_status"] for t in sim.transactions()]
    assert statuses == ["settlement", "capture"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount": 0}, "subscription.amount must be between 0.01 - 99999999999.00"),
        ({"amount": None}, "subscription.amount is required"),
        ({"name": "x" * 41}, "subscription.name is too long, max 40 characters"),
        ({"name": "a b"}, "subscription.name contains characters that are not allowed"),
        ({"payment_type": "qris"}, "subscription.payment_type must be credit_card or gopay"),
        ({"gopay": {}}, "subscription.gopay.account_id is required"),
        ({"schedule": {}}, "subscription.schedule is required"),
        (
            {"retry_schedule": {"max_interval": 4}},
            "subscription.retry_schedule.max_interval must be between 0 - 3",
        ),
    ],
)
def test_a_mistake_is_told_without_a_code_in_the_body(call, wish, change, message):
    answer = call("", {**wish, **change})

    assert answer.status_code == 400
    assert answer.json()["validation_messages"] == [message]
    assert "status_code" not in answer.json()


def test_an_unknown_subscription_is_404_and_no_body_is_a_bad_request(call):
    codes = [
        call("/nobody", method="GET"),
        call("/nobody/cancel"),
        call("/nobody", {}, method="PATCH"),
    ]

    assert [answer.status_code for answer in codes] == [404, 404, 404]
    assert codes[0].json() == {"status_message": "Subscription doesn't exist."}
    assert call("", None).json() == {"status_message": "Bad request"}


def test_an_idempotency_key_counts_three_minutes_and_only_for_a_valid_body(sim, call, wish):
    key = {"Idempotency-Key": "k-1"}
    first, second = (call("", wish, **key).json()["id"] for _ in range(2))
    invalid = call("", {**wish, "amount": 0}, **key)
    sim.advance(181)

    assert first == second
    assert invalid.status_code == 400
    assert call("", wish, **key).json()["id"] != first


def test_a_wrong_key_is_refused(sim, wish):
    answer = requests.post(f"{sim.url}/v1/subscriptions", json=wish, auth=("wrong", ""), timeout=10)

    assert (answer.status_code, list(answer.json())) == (401, ["status_message"])
