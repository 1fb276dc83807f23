"""What the Subscription API refuses, and in which words."""

import pytest
import requests


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
def test_a_mistake_is_told_without_a_code_in_the_body(
    subscribe, subscription_wish, change, message
):
    answer = subscribe("", {**subscription_wish, **change})

    assert answer.status_code == 400
    assert answer.json()["validation_messages"] == [message]
    assert "status_code" not in answer.json()


def test_an_unknown_subscription_is_404_and_no_body_is_a_bad_request(subscribe):
    codes = [
        subscribe("/nobody", method="GET"),
        subscribe("/nobody/cancel"),
        subscribe("/nobody", {}, method="PATCH"),
    ]

    assert [answer.status_code for answer in codes] == [404, 404, 404]
    assert codes[0].json() == {"status_message": "Subscription doesn't exist."}
    assert subscribe("", None).json() == {"status_message": "Bad request"}


def test_an_idempotency_key_counts_three_minutes_and_only_for_a_valid_body(
    sim, subscribe, subscription_wish
):
    key = {"Idempotency-Key": "k-1"}
    first, second = (subscribe("", subscription_wish, **key).json()["id"] for _ in range(2))
    invalid = subscribe("", {**subscription_wish, "amount": 0}, **key)
    sim.advance(181)

    assert first == second
    assert invalid.status_code == 400
    assert subscribe("", subscription_wish, **key).json()["id"] != first


def test_a_wrong_key_is_refused(sim, subscription_wish):
    answer = requests.post(
        f"{sim.url}/v1/subscriptions", json=subscription_wish, auth=("wrong", ""), timeout=10
    )

    assert (answer.status_code, list(answer.json())) == (401, ["status_message"])
