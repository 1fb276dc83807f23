"""Answers go wrong for one order, one path or one operation; and they may drip."""

import pytest
import requests


def test_a_fault_of_one_order_leaves_the_others_alone(sim, cashier):
    sim.fault("503", order_id="A-1")

    assert cashier.charge("A-1").status_code == 503
    assert cashier.charge("A-2").status_code == 201


def test_a_fault_of_an_order_is_found_by_the_transaction_id_too(sim, cashier):
    any_id = cashier.charge("A-1").json()["transaction_id"]
    sim.fault("500", order_id="A-1", operation="status", times=1)

    assert cashier.status(any_id)["status_code"] == "500"
    assert cashier.status(any_id)["status_code"] == "201"


def test_a_fault_of_a_path_is_taken_away_again(sim, cashier):
    sim.fault("429", path="/v2/*/cancel")
    cashier.charge()

    assert cashier.post("/v2/A-1/cancel").status_code == 429
    sim.clear_faults()
    assert cashier.post("/v2/A-1/cancel").json()["status_code"] == "200"


def test_a_dripping_answer_is_the_right_one_a_byte_at_a_time(sim, cashier):
    cashier.charge()
    sim.fault("drip", operation="status", drip_s=0.0005)

    assert cashier.status()["transaction_status"] == "pending"


def test_an_answer_may_drip_for_ever_although_every_read_is_in_time(sim, cashier):
    cashier.charge()
    sim.fault("drip_for_ever", operation="status", drip_s=0.01)

    url, read = f"{sim.url}/v2/A-1/status", b""
    with requests.get(url, auth=(sim.server_key, ""), timeout=5, stream=True) as answer:
        for chunk in answer.iter_content(1):
            read += chunk
            if len(read) == 20:
                break

    assert read == b" " * 20


def test_an_answer_may_be_huge_or_cut_short(sim, cashier):
    cashier.charge()
    sim.fault("huge", operation="status", size_bytes=1_000_000, times=1)
    sim.fault("cut_short", operation="status")

    assert len(cashier.status()["padding"]) == 1_000_000
    with pytest.raises(requests.RequestException):
        cashier.status()


def test_a_simulator_that_drips_still_stops(sim, cashier):
    sim.knobs(fault="drip", drip_s=3600.0)
    url = f"{sim.url}/v2/A-1/status"

    with requests.get(url, auth=(sim.server_key, ""), timeout=5, stream=True) as answer:
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "wish", [{"fault": "meteor"}, {"fault": "500", "times": "x"}, {"fault": "500", "no_such": 1}]
)
def test_a_fault_that_does_not_exist_is_refused(sim, wish):
    answer = requests.post(f"{sim.url}/_sim/faults", json=wish, timeout=10)

    assert answer.status_code == 400
    assert requests.get(f"{sim.url}/_sim/faults", timeout=10).json() == []


def test_time_goes_on_until_nothing_is_left_to_do(sim, cashier, merchant):
    merchant.answers = [200, 503]
    cashier.charge()

    done = requests.post(f"{sim.url}/_sim/quiet", json={}, timeout=10).json()

    assert done["quiet"] is True
    assert done["outcomes"] == ["200", "503", "200"]
    assert merchant.statuses() == ["pending", "expire", "expire"]
