"""Subscriptions: the gateway charges by a schedule, tries again, and tells without signing."""

import itertools

import pytest
import requests

DAY, HOUR = 86_400, 3600


@pytest.fixture
def read(subscribe):
    return lambda subscription_id: subscribe(f"/{subscription_id}", method="GET").json()


@pytest.fixture
def made(subscribe, subscription_wish):
    return subscribe("", subscription_wish).json()["id"]


@pytest.fixture
def poor(sim, linked_account, made):
    """A subscription whose wallet is empty."""
    sim.do("account", linked_account, wallet_idr=0)
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


def test_a_start_is_kept_and_one_in_the_past_charges_at_once(sim, subscribe, subscription_wish):
    later = {**subscription_wish["schedule"], "start_time": "2035-01-31 08:00:00 +0700"}
    past = {**subscription_wish["schedule"], "start_time": "2022-10-10 07:25:01 +0700"}
    kept = subscribe("", {**subscription_wish, "schedule": later}).json()["schedule"]
    subscribe("", {**subscription_wish, "name": "PAST", "schedule": past})

    assert kept["next_execution_at"] == "2035-01-31T01:00:00.000000Z"
    assert [t["order_id"][:4] for t in sim.transactions()] == ["PAST"]

    sim.knobs(subscription_past_start=False)
    refused = subscribe("", {**subscription_wish, "schedule": past})
    assert refused.status_code == 400
    assert "must be after current time" in refused.json()["validation_messages"][0]


def test_months_are_charged_on_the_same_day_or_the_months_last(sim, subscribe, subscription_wish):
    schedule = {"interval": 1, "interval_unit": "month", "start_time": "2035-01-31 08:00:00 +0700"}
    sim_id = subscribe("", {**subscription_wish, "schedule": schedule}).json()["id"]
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


def test_notices_of_subscriptions_go_to_an_address_of_their_own(
    sim, merchant, subscribe, subscription_wish
):
    sim.knobs(recurring_notify_url=merchant.url.replace("qris", "recurring"))
    subscribe("", subscription_wish)
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


def test_a_retry_that_succeeds_goes_on_with_the_schedule(sim, linked_account, read, poor):
    sim.advance(DAY + 1)
    sim.do("account", linked_account, wallet_idr=500_000)
    sim.advance(HOUR)
    sim.advance(DAY)

    statuses = [t["transaction_status"] for t in sim.transactions()]
    assert statuses == ["deny", "settlement", "settlement"]
    assert read(poor)["status"] == "active"


def test_disabling_leaves_the_pending_retries_and_cancelling_does_not(
    sim, subscribe, linked_account, poor
):
    sim.advance(DAY + 1)
    subscribe(f"/{poor}/disable")
    sim.do("account", linked_account, wallet_idr=500_000)
    sim.advance(5 * DAY)
    disabled = [t["transaction_status"] for t in sim.transactions()]

    assert disabled == ["deny", "settlement"]


def test_cancelling_stops_the_pending_retries_for_good(sim, subscribe, linked_account, read, poor):
    sim.advance(DAY + 1)
    cancelled = subscribe(f"/{poor}/cancel")
    sim.do("account", linked_account, wallet_idr=500_000)
    sim.advance(5 * DAY)

    assert cancelled.json() == {"status_message": "Subscription is updated."}
    assert [t["transaction_status"] for t in sim.transactions()] == ["deny"]
    assert read(poor)["status"] == "inactive"
    assert subscribe(f"/{poor}/enable").status_code == 400


def test_enabling_goes_on_from_now_and_charges_nothing_for_the_past(sim, subscribe, read, made):
    subscribe(f"/{made}/disable")
    sim.advance(10 * DAY)
    subscribe(f"/{made}/enable")
    between = len(sim.transactions())
    sim.advance(DAY + 1)

    assert (between, len(sim.transactions())) == (0, 1)
    assert read(made)["status"] == "active"


def test_a_charge_that_cannot_be_made_is_told_without_a_transaction(
    sim, merchant, subscribe, subscription_wish
):
    sim.knobs(not_activated=["gopay"])
    subscribe("", {**subscription_wish, "retry_schedule": {"max_interval": 0}})
    sim.advance(DAY + 1)
    sim.deliver_all()

    assert told(merchant) == [
        {"status_code": "402", "status_message": "Payment channel is not activated."}
    ]


def test_a_new_sum_counts_at_once_and_a_new_interval_from_the_next_charge(
    sim, subscribe, subscription_wish, made
):
    change = {**subscription_wish, "amount": "20000", "schedule": {"interval": 2}}
    answer = subscribe(f"/{made}", change, method="PATCH")
    sim.advance(DAY + 1)
    sim.advance(DAY + 1)
    after_two = [t["gross_amount"] for t in sim.transactions()]
    sim.advance(DAY)

    assert answer.json() == {"status_message": "Subscription is updated."}
    assert after_two == ["20000.00"]
    assert len(sim.transactions()) == 2


def test_a_future_start_revives_a_subscription(sim, subscribe, read, subscription_wish, made):
    subscribe(f"/{made}/cancel")
    start = {"start_time": "2035-01-01 08:00:00 +0700"}
    subscribe(f"/{made}", {**subscription_wish, "schedule": start}, method="PATCH")

    assert read(made)["status"] == "active"
    assert read(made)["schedule"]["next_execution_at"].startswith("2035-01-01T01")


def test_a_saved_card_is_charged_by_its_schedule(sim, subscribe, subscription_wish):
    asked = {
        "client_key": sim.keys.clients[0],
        "card_number": "4811111111111114",
        "card_exp_month": "12",
        "card_exp_year": "2031",
    }
    card = requests.get(f"{sim.url}/v2/card/register", params=asked, timeout=10).json()
    subscribe(
        "", {**subscription_wish, "payment_type": "credit_card", "token": card["saved_token_id"]}
    )
    sim.advance(2 * DAY + 1)

    statuses = [t["transaction_status"] for t in sim.transactions()]
    assert statuses == ["settlement", "capture"]
