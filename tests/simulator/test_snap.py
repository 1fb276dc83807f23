"""Snap: the merchant gets a token, the customer chooses on its page how to pay."""

import pytest
import requests


@pytest.fixture
def snap(sim):
    def create(order_id="S-1", amount=50_000, *, auth=None, **more):
        details = {"order_id": order_id, "gross_amount": amount}
        return requests.post(
            f"{sim.url}/snap/v1/transactions",
            json={"transaction_details": details, **more},
            auth=auth or (sim.server_key, ""),
            timeout=10,
        )

    return create


@pytest.fixture
def choose(sim):
    def post(page, method):
        token = page.rpartition("/")[2]
        return requests.post(f"{sim.url}/snap/v4/redirection/{token}/{method}", timeout=10)

    return post


def test_nothing_exists_until_the_customer_chose_how_to_pay(sim, cashier, snap, choose):
    created = snap()
    before = cashier.status("S-1")["status_code"]
    page = requests.get(created.json()["redirect_url"], timeout=10)
    phone = choose(created.json()["redirect_url"], "bca_va")
    chosen = cashier.status("S-1")
    sim.pay("S-1")

    assert (created.status_code, set(created.json())) == (201, {"token", "redirect_url"})
    assert before == "404"
    assert "Rp50.000" in page.text
    assert "Indomaret" in page.text
    assert "Nomor virtual account" in phone.text
    assert (chosen["transaction_status"], chosen["va_numbers"][0]["bank"]) == ("pending", "bca")
    assert cashier.status("S-1")["transaction_status"] == "settlement"


def test_another_choice_on_the_page_cancels_the_first(sim, cashier, snap, choose):
    page = snap().json()["redirect_url"]
    choose(page, "gopay")
    choose(page, "alfamart")

    assert [t["transaction_status"] for t in sim.transactions()] == ["cancel", "pending"]
    assert cashier.status("S-1")["store"] == "alfamart"


def test_a_new_token_of_an_order_revokes_the_old_one(snap):
    first, second = snap().json(), snap().json()

    assert first["token"] != second["token"]
    assert requests.get(first["redirect_url"], timeout=10).status_code == 404
    assert requests.get(second["redirect_url"], timeout=10).status_code == 200


def test_a_paid_order_gets_no_new_token(sim, snap, choose):
    choose(snap().json()["redirect_url"], "qris")
    sim.pay("S-1")
    again = snap()

    assert again.status_code == 400
    assert "has been paid and utilized" in again.json()["error_messages"][0]


def test_a_page_is_over_when_its_time_is(sim, snap):
    day = snap("S-1").json()["redirect_url"]
    short = snap("S-2", page_expiry={"duration": 10, "unit": "minutes"}).json()["redirect_url"]
    sim.advance(11 * 60)
    codes = [requests.get(url, timeout=10).status_code for url in (day, short)]

    assert codes == [200, 404]


def test_the_page_offers_what_the_merchant_enabled(snap, choose):
    page = snap(enabled_payments=["bank_transfer", "dana"]).json()["redirect_url"]
    text = requests.get(page, timeout=10).text

    assert "DANA" in text
    assert "Virtual account BNI" in text
    assert "QRIS" not in text
    assert choose(page, "qris").status_code == 402


def test_an_expiry_of_the_token_counts_from_the_choice(sim, cashier, snap, choose):
    page = snap(expiry={"duration": 2, "unit": "hours"}).json()["redirect_url"]
    choose(page, "bni_va")
    sim.advance(2 * 3600 - 5)
    before = cashier.status("S-1")["transaction_status"]
    sim.advance(10)

    assert before == "pending"
    assert cashier.status("S-1")["transaction_status"] == "expire"


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"amount": 0}, "gross_amount"),
        ({"amount": "5000.5"}, "gross_amount"),
        ({"order_id": ""}, "order_id"),
        ({"item_details": [{"price": 1, "quantity": 1, "name": "x"}]}, "item_details"),
    ],
)
def test_a_mistake_is_told_as_a_list_of_sentences_without_a_code(snap, wish, word):
    answer = snap(**wish)

    assert answer.status_code == 400
    assert set(answer.json()) == {"error_messages"}
    assert word in answer.json()["error_messages"][0]


def test_a_wrong_key_is_refused_in_snaps_own_words(snap):
    answer = snap(auth=("wrong", ""))

    assert (answer.status_code, list(answer.json())) == (401, ["error_messages"])


@pytest.fixture
def dana(sim, snap, choose):
    choose(snap("D-1").json()["redirect_url"], "dana")
    return sim.transactions()[0]["transaction_id"]


def test_dana_is_found_by_its_transaction_id_only(cashier, dana):
    pending = cashier.status(dana)

    assert cashier.status("D-1")["status_code"] == "404"
    assert (pending["transaction_status"], pending["status_code"]) == ("PENDING", "200")
    assert pending["actions"][0]["name"] == "deeplink-redirect"
    assert cashier.post("/v2/D-1/cancel").status_code == 404
    assert cashier.post(f"/v2/{dana}/cancel").json()["transaction_status"] == "cancel"


def test_dana_may_say_its_transaction_id_where_the_order_id_belongs(sim, cashier, dana):
    sim.knobs(order_id_quirk=True)

    assert cashier.status(dana)["order_id"] == dana


def test_dana_is_refunded_in_parts_and_told_to_the_merchant(sim, cashier, merchant, dana):
    sim.pay("D-1")
    refunded = cashier.post(f"/v2/{dana}/refund", {"refund_key": "r-1", "amount": 20_000}).json()
    sim.deliver_all()

    assert refunded["transaction_status"] == "partial_refund"
    assert merchant.statuses() == ["pending", "settlement", "partial_refund"]
    assert merchant.received[0]["order_id"] == "D-1"


def test_dana_is_not_charged_by_the_core_api(cashier):
    answer = cashier.charge(kind="dana")

    assert "not supported" in answer.json()["validation_messages"][0]
