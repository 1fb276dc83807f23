"""The control panel: a web page with the actions of payers and banks, faults and the clock."""

import pytest
import requests


@pytest.fixture
def press(sim):
    def post(path="do", **form):
        return requests.post(f"{sim.url}/panel/{path}", data=form, timeout=10)

    return post


@pytest.fixture
def panel(sim):
    return lambda: requests.get(f"{sim.url}/panel", timeout=10).text


def test_a_payment_is_paid_refunded_disputed_and_told_again(sim, cashier, press, merchant):
    cashier.charge("A-1")
    said = [
        press(do=do, subject="A-1", **more).text
        for do, more in (
            ("pay", {}),
            ("refund", {"amount_idr": "5.000"}),
            ("chargeback", {}),
            ("notify", {"status": "pending"}),
            ("forge", {"status": "settlement"}),
        )
    ]
    sim.deliver_all()

    assert all("done" in text for text in said)
    assert merchant.statuses() == [
        "pending", "settlement", "partial_refund", "chargeback", "pending", "settlement",
    ]  # fmt: skip
    assert sim.transactions()[0]["refund_amount"] == "16800.00"


def test_what_is_not_possible_is_refused_in_a_sentence(cashier, press):
    cashier.charge("A-1")
    page = press(do="reverse", subject="A-1").text

    assert "412 Transaction status cannot be updated." in page


def test_only_possible_actions_have_a_button(sim, cashier, panel):
    cashier.charge("A-1", amount=20_000, kind="cstore", cstore={"store": "indomaret"})
    pending = panel()
    sim.pay("A-1")
    settled = panel()

    assert ">Bayar<" in pending
    assert ">Balikkan<" not in pending
    assert ">Bayar<" not in settled
    assert ">Balikkan<" in settled
    assert ">Kembalikan<" not in settled


def test_an_account_is_linked_emptied_and_revoked_without_a_word(sim, cashier, press, merchant):
    partner = {"phone_number": "81234567890", "country_code": "62"}
    payload = {"payment_type": "gopay", "gopay_partner": partner}
    account_id = cashier.post("/v2/pay/account", payload).json()["account_id"]
    press(do="link", subject=account_id)
    press(do="account", subject=account_id, wallet_idr="1.500", later_idr="0", blocked="yes")
    press(do="unlink", subject=account_id, quietly="on")
    sim.deliver_all()
    account = sim.gateway.accounts.find(account_id)

    assert (account.wallet_idr, account.blocked, account.status) == (1_500, True, "DISABLED")
    assert [n["account_status"] for n in merchant.received] == ["ENABLED"]


def test_the_clock_is_pushed_and_runs_until_quiet(cashier, press, merchant):
    cashier.charge("A-1")
    press("clock", by="15m")
    press("clock", by="quiet")
    wrong = press("clock", by="soon").text

    assert merchant.statuses() == ["pending", "expire"]
    assert "a time is written as" in wrong


def test_an_old_notice_is_sent_again_after_a_newer_one(sim, cashier, press, merchant):
    cashier.charge("A-1")
    sim.pay("A-1")
    sim.deliver_all()
    press("again/0")
    sim.deliver_all()

    assert merchant.statuses() == ["pending", "settlement", "pending"]
    assert merchant.received[0] == merchant.received[2]


def test_faults_are_added_counted_and_cleared(cashier, press, panel):
    cashier.charge("A-1")
    press("fault", fault="503", operation="status", order_id="A-*", times="1")
    shown = panel()
    codes = [cashier.status("A-1")["status_code"] for _ in range(2)]
    press("fault", fault="504", operation="status", times="")
    press("fault", clear="1")

    assert "A-*" in shown
    assert "1 kali lagi" in shown
    assert codes == ["503", "201"]
    assert cashier.status("A-1")["status_code"] == "201"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("drop", "true", True),
        ("duplicate", "3", 3),
        ("latency_s", "0.01", 0.01),
        ("not_activated", "ovo, dana", ["ovo", "dana"]),
        ("signature", "wrong", "wrong"),
    ],
)
def test_settings_are_read_as_they_are_meant(sim, press, name, value, expected):
    press("knobs", name=name, value=value)

    assert sim.gateway.knobs.shown()[name] == expected


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("knobs", {"name": "nothing", "value": "1"}),
        ("knobs", {"name": "signature", "value": "odd"}),
        ("knobs", {"name": "duplicate", "value": "many"}),
        ("again/77", {}),
        ("script", {"text": "do ="}),
        ("do", {"do": "dance", "subject": "A-1"}),
        ("do", {"do": "pay", "subject": "nobody"}),
    ],
)
def test_nonsense_changes_nothing_and_leaves_the_panel_there(sim, press, path, form):
    before = sim.gateway.knobs.shown()
    answer = press(path, **form)

    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    assert sim.gateway.knobs.shown() == before


def test_a_script_is_pasted_and_its_doings_are_listed(sim, cashier, press, panel):
    press("script", text='[[step]]\nwhen.order = "A-*"\ndo = "pay"\n')
    cashier.charge("A-1")
    sim.advance(1)

    assert cashier.status("A-1")["transaction_status"] == "settlement"
    assert "pay " + sim.transactions()[0]["transaction_id"] in panel()
