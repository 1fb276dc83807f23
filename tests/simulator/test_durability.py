"""The simulator as a process: its acknowledged state survives kill -9."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager

import requests

AUTH = ("SB-K", "")
CHARGE = {
    "payment_type": "qris",
    "transaction_details": {"order_id": "A-1", "gross_amount": 16_800},
}


@contextmanager
def process(state, notify_url="", *more):
    command = [sys.executable, "-m", "agentsys.demo.midtrans_simulator", "--port", "0"]
    command += ["--server-key", AUTH[0], "--state", str(state), "--notify-url", notify_url, *more]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = running.stdout.readline()
        assert line.startswith("Simulator Midtrans: http"), line
        yield running, line.split()[-1].rstrip("/")
    finally:
        if running.poll() is None:
            running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
        running.stdout.close()


def kill(running):
    os.kill(running.pid, signal.SIGKILL)
    running.wait(timeout=30)


def test_transactions_clock_and_undelivered_notices_outlive_kill_9(tmp_path, merchant, wait_for):
    state = tmp_path / "midtrans.sqlite"
    with process(state, "http://127.0.0.1:1/nobody") as (running, url):
        charged = requests.post(f"{url}/v2/charge", json=CHARGE, auth=AUTH, timeout=10).json()
        requests.post(f"{url}/_sim/knobs", json={"notify_url": merchant.url}, timeout=10)
        requests.post(f"{url}/_sim/knobs", json={"delay_s": 3600}, timeout=10)
        requests.post(f"{url}/_sim/pay/A-1", timeout=10)
        kill(running)

    with process(state, merchant.url) as (_, url):
        status = requests.get(f"{url}/v2/A-1/status", auth=AUTH, timeout=10).json()
        before = list(merchant.received)
        requests.post(f"{url}/_sim/clock", json={"advance_s": 3601}, timeout=10)
        wait_for(lambda: merchant.received)

    assert status["transaction_id"] == charged["transaction_id"]
    assert status["transaction_status"] == "settlement"
    assert before == []
    assert merchant.statuses() == ["settlement"]


def test_a_clock_that_was_pushed_stays_pushed_after_kill_9(tmp_path):
    state = tmp_path / "midtrans.sqlite"
    with process(state) as (running, url):
        requests.post(f"{url}/v2/charge", json=CHARGE, auth=AUTH, timeout=10)
        pushed = requests.post(f"{url}/_sim/clock", json={"advance_s": 901}, timeout=10).json()
        kill(running)

    with process(state) as (_, url):
        now = requests.get(f"{url}/_sim/clock", timeout=10).json()["now"]
        status = requests.get(f"{url}/v2/A-1/status", auth=AUTH, timeout=10).json()

    assert now >= pushed["now"]
    assert status["transaction_status"] == "expire"


def test_a_process_notifies_by_itself(tmp_path, merchant, wait_for):
    with process(tmp_path / "midtrans.sqlite", merchant.url) as (_, url):
        requests.post(f"{url}/v2/charge", json=CHARGE, auth=AUTH, timeout=10)
        wait_for(lambda: merchant.statuses() == ["pending"])
        requests.post(f"{url}/_sim/pay/A-1", timeout=10)
        wait_for(lambda: merchant.statuses() == ["pending", "settlement"])


def test_links_lead_to_the_public_address(tmp_path):
    public = ("--public-url", "http://192.0.2.7:8090")
    with process(tmp_path / "midtrans.sqlite", "", *public) as (_, url):
        charged = requests.post(f"{url}/v2/charge", json=CHARGE, auth=AUTH, timeout=10).json()

    assert charged["qr_string"] == f"http://192.0.2.7:8090/phone/{charged['transaction_id']}"
