"""The customer's phone: a page that is clearly a simulation, and two buttons."""

import pytest
import requests


@pytest.fixture
def page(cashier):
    return cashier.charge().json()["qr_string"]


def press(page, button):
    return requests.post(f"{page}/{button}", timeout=10)


def test_the_page_shows_the_amount_and_that_it_is_a_simulator(cashier):
    page = cashier.charge(
        item_details=[{"id": "1", "price": 16_800, "quantity": 1, "name": "Iuran Oktober 2026"}]
    ).json()["qr_string"]

    text = requests.get(page, timeout=10).text

    assert "SIMULATOR · bukan uang sungguhan" in text
    assert "Bayar Rp16.800" in text
    assert "Iuran Oktober 2026" in text


def test_bayar_settles_the_payment_and_notifies(sim, cashier, merchant, page):
    after = press(page, "pay")

    sim.deliver_all()

    assert "Pembayaran berhasil" in after.text
    assert cashier.status()["transaction_status"] == "settlement"
    assert merchant.statuses() == ["pending", "settlement"]


def test_bayar_pressed_twice_pays_once(sim, merchant, page):
    press(page, "pay")

    second = press(page, "pay")
    sim.deliver_all()

    assert "Pembayaran berhasil" in second.text
    assert merchant.statuses() == ["pending", "settlement"]


def test_tolak_denies_the_payment(cashier, page):
    after = press(page, "deny")

    assert "Pembayaran ditolak" in after.text
    assert cashier.status()["transaction_status"] == "deny"


def test_bayar_after_the_time_is_up_says_so(sim, cashier, page):
    sim.advance(901)

    after = press(page, "pay")

    assert "Waktu membayar sudah habis" in after.text
    assert cashier.status()["transaction_status"] == "expire"


def test_an_unknown_bill_is_not_found(sim):
    answer = requests.get(f"{sim.url}/phone/nobody", timeout=10)

    assert answer.status_code == 404
    assert "Tagihan tidak ditemukan" in answer.text


def test_what_a_merchant_wrote_is_shown_as_text(cashier):
    item = {"id": "1", "price": 16_800, "quantity": 1, "name": "<script>alert(1)</script>"}
    page = cashier.charge(item_details=[item]).json()["qr_string"]

    text = requests.get(page, timeout=10).text

    assert "<script>" not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize(
    ("callback_url", "shown"),
    [("http://agen.example/bayar/7", True), ("javascript:alert(1)", False)],
)
def test_a_way_back_is_offered_to_web_addresses_only(cashier, callback_url, shown):
    wallet = {"enable_callback": True, "callback_url": callback_url}
    body = cashier.charge(kind="gopay", gopay=wallet).json()
    page = body["actions"][1]["url"]

    text = press(page, "pay").text

    assert ("Kembali ke penjual" in text) is shown
    assert ("http://agen.example/bayar/7?order_id=A-1&amp;result=success" in text) is shown


def test_the_home_page_lists_what_waits_with_its_link(sim, cashier, page):
    cashier.charge("A-2", amount=33_600)
    sim.pay("A-2")

    text = requests.get(sim.url, timeout=10).text

    waiting, decided = text.split("Sudah selesai")
    assert page.removeprefix(sim.url) in waiting
    assert "Rp33.600" in decided
