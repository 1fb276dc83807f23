"""Cards: a token made in the customer's browser, 3-D Secure, and cards that are saved."""

import pytest
import requests

GOOD, CHALLENGED = "4811111111111114", "4511111111111117"
DENIED_BY_FRAUD_CHECK, DENIED_BY_BANK = "4611111111111116", "4911111111111113"


@pytest.fixture
def token(sim):
    def get(number=GOOD, path="/v2/token", **more):
        asked = {
            "client_key": sim.keys.clients[0],
            "card_number": number,
            "card_exp_month": "12",
            "card_exp_year": "2031",
            "card_cvv": "123",
            **more,
        }
        return requests.get(sim.url + path, params=asked, timeout=10)

    return get


@pytest.fixture
def charge(cashier, token):
    def post(order_id="C-1", number=GOOD, *, token_id="", **card):
        card["token_id"] = token_id or token(number).json()["token_id"]
        return cashier.charge(order_id, amount=50_000, kind="credit_card", credit_card=card)

    return post


def test_a_token_pays_once(charge, token):
    token_id = token().json()["token_id"]
    first, second = charge("C-1", token_id=token_id), charge("C-2", token_id=token_id)

    assert first.json()["transaction_status"] == "capture"
    assert (first.json()["status_code"], first.json()["masked_card"]) == ("200", "48111111-1114")
    assert second.json()["status_code"] == "411"


def test_a_captured_card_settles_the_next_day(sim, cashier, charge):
    charge()
    sim.advance(86_300)
    before = cashier.status("C-1")["transaction_status"]
    sim.advance(200)

    assert (before, cashier.status("C-1")["transaction_status"]) == ("capture", "settlement")


def test_a_captured_card_is_cancelled_but_not_refunded(cashier, charge):
    charge()
    refund = cashier.post("/v2/C-1/refund", {"refund_key": "r"}).json()
    cancel = cashier.post("/v2/C-1/cancel").json()

    assert (refund["status_code"], cancel["transaction_status"]) == ("412", "cancel")


def test_three_d_secure_waits_for_the_holder(sim, cashier, charge):
    created = charge(authentication=True).json()
    page = requests.get(created["redirect_url"], timeout=10)
    sim.pay("C-1")

    assert (created["transaction_status"], created["status_code"]) == ("pending", "201")
    assert page.status_code == 200
    assert cashier.status("C-1")["transaction_status"] == "capture"


def test_three_d_secure_is_over_after_ten_minutes(sim, cashier, charge):
    charge(authentication=True)
    sim.advance(601)

    assert cashier.status("C-1")["transaction_status"] == "expire"


def test_a_saved_card_is_charged_again_and_again(cashier, charge):
    charge("C-1", save_token_id=True)
    status = cashier.status("C-1")
    codes = [
        charge(f"C-{n}", token_id=status["saved_token_id"]).json()["transaction_status"]
        for n in (2, 3)
    ]

    assert status["saved_token_id_expired_at"] > status["transaction_time"]
    assert codes == ["capture", "capture"]


def test_a_registered_card_is_charged_through_a_token_of_its_own(charge, token):
    saved = token(path="/v2/card/register").json()["saved_token_id"]
    once = token(token_id=saved).json()["token_id"]

    assert charge(token_id=once).json()["transaction_status"] == "capture"


@pytest.mark.parametrize(
    ("number", "fraud"), [(DENIED_BY_FRAUD_CHECK, "deny"), (DENIED_BY_BANK, "accept")]
)
def test_a_denied_card_answers_202(charge, number, fraud):
    denied = charge(number=number).json()

    assert (denied["transaction_status"], denied["status_code"]) == ("deny", "202")
    assert denied["fraud_status"] == fraud


@pytest.mark.parametrize(("action", "after"), [("approve", "accept"), ("deny", "deny")])
def test_a_challenged_card_waits_for_the_merchants_decision(cashier, charge, action, after):
    challenged = charge(number=CHALLENGED).json()
    decided = cashier.post(f"/v2/C-1/{action}").json()

    assert challenged["fraud_status"] == "challenge"
    assert (decided["status_code"], cashier.status("C-1")["fraud_status"]) == ("200", after)


def test_an_authorised_card_is_captured_later(cashier, charge):
    held = charge(type="authorize").json()
    captured = cashier.post("/v2/capture", {"transaction_id": held["transaction_id"]}).json()
    again = cashier.post("/v2/capture", {"transaction_id": held["transaction_id"]}).json()

    assert held["transaction_status"] == "authorize"
    assert captured["transaction_status"] == "capture"
    assert again["status_code"] == "412"


def test_a_card_number_with_mistakes_gets_no_token(token):
    answer = token("48111111x", card_exp_month="13")

    assert answer.json()["status_code"] == "400"
    assert len(answer.json()["validation_messages"]) == 2


def test_a_card_whose_date_is_over_is_refused_only_when_that_is_asked_for(sim, token):
    taken = token(card_exp_year="2020").json()["status_code"]
    sim.knobs(expired_cards=False)

    assert (taken, token(card_exp_year="2020").json()["status_code"]) == ("200", "400")


def test_a_token_needs_the_merchants_client_key(token):
    assert token(client_key="somebody else").json()["status_code"] == "401"


def test_a_token_is_good_for_ten_minutes(sim, charge, token):
    token_id = token().json()["token_id"]
    sim.advance(601)

    assert charge(token_id=token_id).json()["status_code"] == "411"
