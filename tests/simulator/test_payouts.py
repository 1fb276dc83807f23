"""Iris: one key asks for payouts, another approves them, and the bank has the last word."""

import hashlib
import json

import pytest
import requests


@pytest.fixture
def iris(sim):
    def call(path, payload=None, *, key="", method="", **headers):
        return requests.request(
            method or ("POST" if payload is not None else "GET"),
            f"{sim.url}/iris/api/v1{path}",
            json=payload,
            headers=headers,
            auth=(key or sim.keys.creator, ""),
            timeout=10,
        )

    return call


@pytest.fixture
def row():
    return {
        "beneficiary_name": "Jon Snow",
        "beneficiary_account": "1172993826",
        "beneficiary_bank": "bni",
        "beneficiary_email": "jon@x.example",
        "amount": "100000.00",
        "notes": "Komisi April",
    }


@pytest.fixture
def queued(iris, row):
    return iris("/payouts", {"payouts": [row]}).json()["payouts"][0]["reference_no"]


@pytest.fixture
def approve(sim, iris):
    def call(*numbers):
        wish = {"reference_nos": list(numbers), "otp": "335163"}
        return iris("/payouts/approve", wish, key=sim.keys.approver)

    return call


def status(iris, number):
    return iris(f"/payouts/{number}").json()["status"]


def test_a_payout_goes_its_way_once_it_is_approved(sim, iris, queued, approve):
    states = [status(iris, queued)]
    approved = approve(queued)
    for _ in range(3):
        states.append(status(iris, queued))
        sim.advance(31)

    assert (approved.status_code, approved.json()) == (202, {"status": "ok"})
    assert states == ["queued", "approved", "processed", "completed"]
    assert iris("/balance").json() == {"balance": "99900000.00"}


def test_every_state_is_told_and_signed_over_the_raw_body(sim, iris, merchant, queued, approve):
    approve(queued)
    sim.advance_until_quiet()
    notices = sim.notifications()
    said = [json.loads(n["body"])["status"] for n in notices]
    expected = hashlib.sha512((notices[0]["body"] + sim.keys.payout_merchant).encode()).hexdigest()

    assert said == ["queued", "approved", "processed", "completed"]
    assert notices[0]["headers"] == {"Iris-Signature": expected}
    assert [n["status"] for n in merchant.received] == said
    assert "signature_key" not in merchant.received[0]


def test_a_rejected_payout_stays_rejected(sim, iris, queued, approve):
    wish = {"reference_nos": [queued], "reject_reason": "salah rekening"}
    rejected = iris("/payouts/reject", wish, key=sim.keys.approver)
    after = approve(queued)

    assert rejected.json() == {"status": "ok"}
    assert (after.status_code, after.json()["errors"]) == (400, [f"Payout {queued} is rejected"])


def test_the_creator_cannot_approve_nor_the_approver_create(sim, iris, row, queued):
    wish = {"reference_nos": [queued], "otp": "1"}
    answers = [
        iris("/payouts/approve", wish),
        iris("/payouts/reject", {**wish, "reject_reason": "x"}),
        iris("/payouts", {"payouts": [row]}, key=sim.keys.approver),
        iris("/balance", key="IRIS-nobody"),
    ]

    assert [a.status_code for a in answers] == [401] * 4
    assert "not authorized" in answers[0].json()["error_message"]
    assert status(iris, queued) == "queued"


def test_the_bank_may_send_the_money_back_after_all(sim, iris, queued, approve):
    approve(queued)
    sim.advance(120)
    before = iris("/balance").json()
    sim.do("payout_fail", queued, error_code="012", error_message="Rekening ditutup")
    details = iris(f"/payouts/{queued}").json()

    assert before != {"balance": "100000000.00"}
    assert (details["status"], details["error_code"]) == ("failed", "012")
    assert iris("/balance").json() == {"balance": "100000000.00"}


def test_a_payout_above_the_balance_is_not_approved(sim, iris, queued, approve):
    sim.knobs(payout_balance_idr=99_999)

    assert approve(queued).json()["errors"] == ["Partner does not have enough balance"]
    assert status(iris, queued) == "queued"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"beneficiary_name": ""}, "Beneficiary name can't be blank"),
        ({"amount": "100000.50"}, "Amount must be a string of whole rupiah"),
        ({"beneficiary_bank": "nobank"}, "Beneficiary bank is not supported"),
        ({"notes": "x" * 101}, "Notes must be at most 100 letters, digits or spaces"),
    ],
)
def test_one_wrong_row_stops_them_all_and_is_named(sim, iris, row, change, message):
    answer = iris("/payouts", {"payouts": [row, {**row, **change}]})

    assert answer.status_code == 400
    assert answer.json()["error_message"] == "An error occurred when creating payouts"
    assert answer.json()["errors"] == {"1": [message]}
    assert sim.gateway.payouts.all() == []


def test_the_same_key_creates_once(iris, row):
    key = {"X-Idempotency-Key": "komisi-2026-04-" + "x" * 60}
    first, second = (iris("/payouts", {"payouts": [row]}, **key).json() for _ in range(2))

    assert first == second


def test_beneficiaries_are_kept_once_and_changed(iris):
    jon = {
        "name": "Jon",
        "account": "11",
        "bank": "bca",
        "alias_name": "jon",
        "email": "j@x.example",
    }
    created, again = iris("/beneficiaries", jon), iris("/beneficiaries", jon)
    changed = iris("/beneficiaries/jon", {**jon, "alias_name": "snow"}, method="PATCH")

    assert (created.status_code, created.json()) == (201, {"status": "created"})
    assert again.json()["errors"][0] == "Alias name has already been taken"
    assert changed.json() == {"status": "updated"}
    assert [b["alias_name"] for b in iris("/beneficiaries").json()] == ["snow"]


def test_accounts_banks_channels_and_history_are_there_to_ask(iris, queued):
    good = iris("/account_validation?bank=mandiri&account=1111222233333").json()
    bad = iris("/account_validation?bank=mandiri&account=11110000")

    assert good["account_no"] == "1111222233333"
    assert bad.json()["errors"] == {"account": ["Account does not exist"]}
    assert {"code": "bni", "name": "PT. BANK NEGARA INDONESIA"} in iris(
        "/beneficiary_banks"
    ).json()["beneficiary_banks"]
    assert iris("/channels").json()[0]["virtual_account_number"]
    assert [line["reference_no"] for line in iris("/statements").json()] == [queued]
    assert iris("/ping").text == "pong"
