"""A simulator, a merchant that it notifies, and a cashier that calls it, for every test here."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import pytest
import requests
from flask import Flask, Response, request
from werkzeug.serving import make_server

from agentsys.demo.midtrans_simulator import Simulator


@dataclass
class Merchant:
    """A server for notifications: it keeps what it received, and answers as a test says."""

    received: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)  # used up one by one; then 200
    location: str = ""
    url: str = ""

    def app(self) -> Flask:
        """The merchant's side of the notification URL."""
        app = Flask(__name__)

        @app.post("/<path:path>")
        def receive(path: str) -> Response:
            self.received.append({**json.loads(request.get_data()), "_path": path})
            code = self.answers.pop(0) if self.answers else 200
            return Response("", code, headers={"Location": self.location} if self.location else {})

        return app

    def statuses(self) -> list[str]:
        """The statuses in the notifications, in the order of arrival."""
        return [notice["transaction_status"] for notice in self.received]


@dataclass
class Cashier:
    """Calls the simulator's Core API as a merchant would."""

    sim: Simulator

    def charge(
        self,
        order_id: str = "A-1",
        *,
        amount: Any = 16_800,
        kind: str = "qris",
        headers: dict[str, str] | None = None,
        **more: Any,
    ) -> requests.Response:
        """The answer to a charge."""
        payload = {
            "payment_type": kind,
            "transaction_details": {"order_id": order_id, "gross_amount": amount},
            **more,
        }
        return self.post("/v2/charge", payload, headers=headers)

    def status(self, any_id: str = "A-1") -> dict[str, Any]:
        """The body of the answer to a status call."""
        answer = requests.get(
            f"{self.sim.url}/v2/{any_id}/status", auth=(self.sim.server_key, ""), timeout=10
        )
        return answer.json()

    def post(
        self, path: str, payload: Any = None, *, headers: dict[str, str] | None = None
    ) -> requests.Response:
        """The answer to any POST with the merchant's key."""
        return requests.post(
            self.sim.url + path,
            json={} if payload is None else payload,
            headers=headers,
            auth=(self.sim.server_key, ""),
            timeout=10,
        )


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    """A merchant that can be notified."""
    merchant = Merchant()
    server = make_server("127.0.0.1", 0, merchant.app(), threaded=True)
    merchant.url = f"http://127.0.0.1:{server.server_port}/callbacks/qris"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield merchant
    server.shutdown()
    server.server_close()
    thread.join(timeout=10)


@pytest.fixture
def sim(merchant: Merchant) -> Iterator[Simulator]:
    """A simulator that notifies the merchant when the test says so."""
    with Simulator(notify_url=merchant.url) as sim:
        yield sim


@pytest.fixture
def cashier(sim: Simulator) -> Cashier:
    """The merchant's side of the Core API."""
    return Cashier(sim)


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object]], None]:
    """Waits until a condition holds; the test fails if it never does."""

    def wait(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 30
        while not condition():
            if time.monotonic() > deadline:
                pytest.fail("it never happened")
            time.sleep(0.02)

    return wait


@pytest.fixture
def subscribe(sim: Simulator) -> Callable[..., requests.Response]:
    """Calls the Subscription API."""

    def send(
        path: str = "", payload: Any = None, *, method: str = "POST", **headers: str
    ) -> requests.Response:
        return requests.request(
            method,
            f"{sim.url}/v1/subscriptions{path}",
            json=payload,
            headers=headers,
            auth=(sim.server_key, ""),
            timeout=10,
        )

    return send


@pytest.fixture
def linked_account(sim: Simulator, cashier: Cashier) -> str:
    """A GoPay account that its owner linked."""

    partner = {"phone_number": "81234567890", "country_code": "62"}
    payload = {"payment_type": "gopay", "gopay_partner": partner}
    account_id = str(cashier.post("/v2/pay/account", payload).json()["account_id"])
    sim.do("link", account_id)
    return account_id


@pytest.fixture
def subscription_wish(sim: Simulator, linked_account: str) -> dict[str, Any]:
    """A subscription without mistakes."""

    answer = requests.get(
        f"{sim.url}/v2/pay/account/{linked_account}", auth=(sim.server_key, ""), timeout=10
    )
    return {
        "name": "IURAN-1",
        "amount": "16800",
        "currency": "IDR",
        "payment_type": "gopay",
        "token": answer.json()["metadata"]["payment_options"][0]["token"],
        "schedule": {"interval": 1, "interval_unit": "day", "max_interval": 3},
        "retry_schedule": {"interval": 1, "interval_unit": "hour", "max_interval": 2},
        "gopay": {"account_id": linked_account},
        "metadata": {"note": "x"},
    }
