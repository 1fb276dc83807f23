"""Linked wallets: a merchant may charge one until the payer or the merchant ends the link."""

import pytest
import requests

PHONE = "81212345678"


@pytest.fixture
def link(cashier):
    def create(phone=PHONE):
        partner = {
            "phone_number": phone,
            "country_code": "62",
            "redirect_url": "https://x.example/",
        }
        payload = {"payment_type": "gopay", "gopay_partner": partner}
        return cashier.post("/v2/pay/account", payload).json()

    return create


@pytest.fixture
def read(sim):
    def get(account_id):
        url = f"{sim.url}/v2/pay/account/{account_id}"
        return requests.get(url, auth=(sim.server_key, ""), timeout=10).json()

    return get


@pytest.fixture
def linked(sim, link):
    account_id = link()["account_id"]
    answer(sim, account_id, "yes")
    return account_id


def answer(sim, account_id, choice):
    url = f"{sim.url}/phone/account/{account_id}/{choice}"
    return requests.post(url, timeout=10, allow_redirects=False)


@pytest.fixture
def debit(cashier, read, linked):
    def charge(order_id="A-1", amount=16_800, token=""):
        if not token:
            token = read(linked)["metadata"]["payment_options"][0]["token"]
        wallet = {"account_id": linked, "payment_option_token": token}
        return cashier.charge(order_id, amount=amount, kind="gopay", gopay=wallet).json()

    return charge


def test_the_payer_agrees_on_a_page_and_the_merchant_is_told(sim, link, read, merchant):
    created = link()
    page = requests.get(created["actions"][0]["url"], timeout=10)
    after = answer(sim, created["account_id"], "yes")
    sim.deliver_all()

    assert (created["status_code"], created["account_status"]) == ("201", "PENDING")
    assert "Hubungkan GoPay?" in page.text
    assert after.headers["Location"] == "https://x.example/"
    assert read(created["account_id"])["account_status"] == "ENABLED"
    assert merchant.received[0]["account_status"] == "ENABLED"


def test_a_link_that_nobody_answers_or_that_is_refused_ends(sim, link, read):
    waiting, refused = link()["account_id"], link()["account_id"]
    answer(sim, refused, "no")
    sim.advance(901)

    assert [read(each)["account_status"] for each in (waiting, refused)] == ["EXPIRED", "EXPIRED"]


@pytest.mark.parametrize(
    ("phone", "code", "message"),
    [("123450001", "202", "User Not Found"), ("123450002", "202", "Wallet is Blocked")],
)
def test_test_phones_fail_as_documented(link, phone, code, message):
    body = link(phone)

    assert (body["status_code"], body["channel_response_message"]) == (code, message)


def test_tokens_change_and_an_old_one_is_refused(sim, read, linked, debit):
    first, second = (read(linked)["metadata"]["payment_options"][0]["token"] for _ in range(2))
    sim.advance(601)

    assert first != second
    assert debit(token=first)["status_code"] == "411"


def test_a_small_debit_settles_at_once_and_takes_the_money(debit, read, linked):
    body = debit()

    balance = read(linked)["metadata"]["payment_options"][0]["balance"]["value"]
    assert (body["status_code"], body["transaction_status"]) == ("200", "settlement")
    assert balance == "983200.00"


def test_a_large_debit_waits_for_the_pin(sim, cashier, debit):
    body = debit(amount=100_000)
    sim.pay("A-1")

    assert (body["status_code"], body["transaction_status"]) == ("201", "pending")
    assert [a["name"] for a in body["actions"]] == [
        "verification-link-url",
        "verification-link-app",
    ]
    assert cashier.status()["transaction_status"] == "settlement"


def test_a_wallet_without_money_denies(sim, linked, debit):
    requests.post(f"{sim.url}/_sim/accounts/{linked}", json={"wallet_idr": 0}, timeout=10)

    body = debit()

    assert (body["status_code"], body["fraud_status"]) == ("202", "accept")
    assert body["channel_response_message"] == "Insufficient Balance"


def test_the_merchant_ends_a_link_but_not_a_pending_one(sim, cashier, link, linked, merchant):
    pending = cashier.post(f"/v2/pay/account/{link()['account_id']}/unbind").json()
    ended = cashier.post(f"/v2/pay/account/{linked}/unbind").json()
    sim.deliver_all()

    assert pending["status_code"] == "412"
    assert (ended["status_code"], ended["account_status"]) == ("204", "DISABLED")
    assert merchant.received[-1]["status_code"] == "204"


def test_the_payer_ends_a_link_and_the_next_debit_is_denied(sim, read, linked, debit):
    token = read(linked)["metadata"]["payment_options"][0]["token"]
    requests.post(f"{sim.url}/_sim/accounts/{linked}/unlink", json={"quietly": True}, timeout=10)

    assert debit(token=token)["status_code"] == "202"


def test_an_address_to_come_back_to_needs_a_scheme(cashier):
    partner = {"phone_number": PHONE, "country_code": "62", "redirect_url": "x.example"}
    payload = {"payment_type": "gopay", "gopay_partner": partner}
    answer = cashier.post("/v2/pay/account", payload).json()

    assert (answer["status_code"], answer["channel_response_code"]) == ("202", "2903")


def test_a_blocked_wallet_denies_and_pays_again_once_it_is_free(sim, linked, debit):
    sim.do("account", linked, blocked=True)
    blocked = debit("A-1")
    sim.do("account", linked, blocked=False)

    assert (blocked["status_code"], blocked["channel_response_message"]) == (
        "202",
        "Wallet is Blocked",
    )
    assert debit("A-2")["transaction_status"] == "settlement"


def test_a_pin_that_comes_too_late_or_without_money_takes_nothing(sim, cashier, linked, debit):
    debit("A-1", amount=150_000)
    sim.advance(301)
    late = cashier.status("A-1")["transaction_status"]
    debit("A-2", amount=150_000)
    sim.do("account", linked, wallet_idr=0)
    sim.pay("A-2")

    assert late == "expire"
    assert cashier.status("A-2")["transaction_status"] == "deny"
    assert cashier.status("A-2")["channel_response_message"] == "Insufficient Balance"


def test_a_pin_after_the_link_has_ended_takes_nothing(sim, cashier, linked, debit):
    debit("A-1", amount=150_000)
    sim.do("unlink", linked)
    sim.pay("A-1")

    assert cashier.status("A-1")["transaction_status"] == "deny"
    assert cashier.status("A-1")["channel_response_message"] == "Account is not linked"


def test_paylater_has_a_purse_of_its_own(sim, read, linked, debit):
    later = read(linked)["metadata"]["payment_options"][1]["token"]
    debit("A-1", token=later)
    options = read(linked)["metadata"]["payment_options"]

    assert [o["balance"]["value"] for o in options] == ["1000000.00", "333200.00"]
    assert debit("A-2", amount=99_999, token=later)["transaction_status"] == "settlement"


def test_an_ended_link_is_not_ended_twice_and_says_who_it_was(sim, cashier, linked, merchant):
    first = cashier.post(f"/v2/pay/account/{linked}/unbind").json()
    second = cashier.post(f"/v2/pay/account/{linked}/unbind").json()
    sim.deliver_all()

    assert (first["status_code"], first["account_status"]) == ("204", "DISABLED")
    assert second["status_code"] == "412"
    assert [(n["account_id"], n["status_code"]) for n in merchant.received] == [
        (linked, "200"),
        (linked, "204"),
    ]


def test_accounts_that_were_linked_elsewhere_are_added_once(sim, read):
    wished = [
        {"account_id": "A-1", "phone": PHONE, "wallet_idr": 5_000},
        {"account_id": "A-2", "phone": PHONE, "status": "DISABLED"},
    ]

    answers = [
        requests.post(f"{sim.url}/_sim/accounts", json=wished, timeout=10).json() for _ in range(2)
    ]

    assert answers == [{"added": 2}, {"added": 0}]
    assert read("A-1")["account_status"] == "ENABLED"
    assert read("A-2")["account_status"] == "DISABLED"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        ["A-1"],
        [{"account_id": "A-1"}],
        [{"account_id": "A-1", "phone": PHONE, "status": "LINKED"}],
        [{"account_id": "A-1", "phone": PHONE, "wallet_idr": "much"}],
        [{"account_id": "A-1", "phone": PHONE, "tokens": {}}],
    ],
)
def test_a_wrong_list_of_accounts_is_refused_and_adds_none(sim, wrong):
    answer = requests.post(f"{sim.url}/_sim/accounts", json=wrong, timeout=10)

    assert answer.status_code == 400
    assert "account" in answer.json()["error"] or "status" in answer.json()["error"]
    assert requests.get(f"{sim.url}/_sim/accounts", timeout=10).json() == []
