"""Scripts: at these times, or when these orders change, do this."""

import pytest
import requests

from agentsys.demo.midtrans_simulator.scenarios.script import seconds, steps_of_text

RENT = """
[[step]]
when.order = "RENT-*"
after = "20s"
do = "pay"

[[step]]
when = { order = "RENT-*", status = "settlement" }
after = "1h"
do = "refund"
amount_idr = 5000

[[step]]
at = "2d"
do = "fault"
fault = "503"
operation = "status"
times = 1
"""


def test_orders_that_fit_are_paid_and_refunded_in_virtual_time(sim, cashier):
    sim.script(RENT)
    cashier.charge("RENT-1")
    cashier.charge("OTHER-1")
    sim.advance(19)
    early = cashier.status("RENT-1")["transaction_status"]
    sim.advance(2)
    paid = cashier.status("RENT-1")["transaction_status"]
    sim.advance(3700)

    assert (early, paid) == ("pending", "settlement")
    assert cashier.status("RENT-1")["refund_amount"] == "5000.00"
    assert cashier.status("OTHER-1")["transaction_status"] == "expire"


def test_a_step_at_a_time_acts_once(sim, cashier):
    sim.script(RENT)
    cashier.charge("RENT-1")
    sim.advance(2 * 86_400 + 1)
    codes = [cashier.status("RENT-1")["status_code"] for _ in range(2)]

    assert codes == ["503", "200"]


def test_a_fault_upon_an_order_spoils_that_order_only(sim, cashier):
    sim.script({"do": "fault", "when": {"order": "A-*"}, "with": {"fault": "504"}})
    cashier.charge("A-1")
    cashier.charge("B-1")

    assert cashier.status("A-1")["status_code"] == "504"
    assert cashier.status("B-1")["status_code"] == "201"


def test_an_account_is_linked_and_revoked_by_its_phone(sim, cashier, merchant):
    sim.script(
        {"do": "link", "when": {"account": "8123*"}, "after": "10s"},
        {"do": "unlink", "when": {"account": "8123*", "status": "ENABLED"}, "after": "1d"},
    )
    partner = {"phone_number": "81234567890", "country_code": "62"}
    cashier.post("/v2/pay/account", {"payment_type": "gopay", "gopay_partner": partner})
    sim.advance_until_quiet(within_s=2 * 86_400)

    assert [n["account_status"] for n in merchant.received] == ["ENABLED", "DISABLED"]


def test_a_step_acts_so_many_times_and_what_came_of_it_is_kept(sim, cashier):
    sim.script({"do": "reverse", "when": {"order": "*"}, "times": 1})
    cashier.charge("A-1")
    cashier.charge("A-2")
    sim.advance(1)
    log = requests.get(f"{sim.url}/_sim/script", timeout=10).json()["log"]

    assert [(line["do"], line["came"]) for line in log] == [
        ("reverse", "412 Transaction status cannot be updated.")
    ]


def test_a_confirmed_refund_is_no_second_change(sim, cashier):
    sim.script({"do": "notify_test", "when": {"order": "*", "status": "partial_refund"}})
    cashier.charge("A-1")
    sim.pay("A-1")
    cashier.post("/v2/A-1/refund", {"refund_key": "r-1", "amount": 500})
    sim.advance(3600)

    assert len(sim.player.log) == 1


def test_scripts_come_and_go_by_http_as_text_or_as_json(sim, cashier):
    url = f"{sim.url}/_sim/script"
    text = requests.post(url, data=RENT, timeout=10).json()["steps"]
    steps = {"steps": [{"do": "pay", "when": {"order": "A-*"}}]}
    more = requests.post(url, json=steps, timeout=10).json()["steps"]
    gone = requests.delete(url, timeout=10).json()["steps"]
    cashier.charge("A-1")

    assert (text, more, gone) == (3, 4, 0)
    assert cashier.status("A-1")["transaction_status"] == "pending"


def test_time_goes_on_until_quiet_by_http(sim, cashier, merchant):
    sim.script({"do": "pay", "when": {"order": "A-*"}, "after": "5m"})
    cashier.charge("A-1")
    went = requests.post(f"{sim.url}/_sim/quiet", json={}, timeout=10).json()

    assert went["quiet"] is True
    assert merchant.statuses() == ["pending", "settlement"]


def test_any_action_is_done_by_http(sim, cashier, merchant):
    cashier.charge("A-1")
    url = f"{sim.url}/_sim/do/"
    came = [
        requests.post(url + do, json={"subject": "A-1", "with": wish}, timeout=10).json()["came"]
        for do, wish in (("pay", {}), ("pay", {}), ("forge", {"status": "refund"}), ("dance", {}))
    ]
    sim.deliver_all()

    assert came == [
        "done",
        "412 Transaction status cannot be updated.",
        "done",
        "no such action: dance",
    ]
    assert merchant.statuses() == ["pending", "settlement", "refund"]
    assert merchant.received[2]["signature_key"] != merchant.received[1]["signature_key"]
    assert cashier.status("A-1")["transaction_status"] == "settlement"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[step]]\ndo = "dance"', "step 1: do takes one of pay,"),
        ('[[step]]\ndo = "pay"', "step 1: pay needs order"),
        ('[[step]]\ndo = "pay"\nwhen.account = "8*"', "step 1: pay needs order"),
        ('[[step]]\ndo = "pay"\nwhen.order = "*"\nat = "1h"', "at counts from the start"),
        ('[[step]]\ndo = "pay"\norder = "A"\nat = "soon"', "a time is written as"),
        ('[[step]]\ndo = "pay"\nwhen.shop = "A"', "when takes order, account"),
    ],
)
def test_a_wrong_step_is_named_with_what_to_write(text, message):
    with pytest.raises(ValueError, match="step") as told:
        steps_of_text(text)

    assert message in str(told.value)


@pytest.mark.parametrize(
    ("text", "expected"), [(90, 90), ("90s", 90), ("15m", 900), ("1d12h", 129_600), ("0.5h", 1800)]
)
def test_times_are_written_in_several_ways(text, expected):
    assert seconds(text) == expected
