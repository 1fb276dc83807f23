"""Callbacks as the gateway sends them: signed, several at a time, each until it is acknowledged."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import requests

from agentsys.launcher import SIMULATOR_KEY
from tests.tree import Tree, wait_for

_AT_A_TIME = 4


def signed_callback(tree: Tree, order: str, turn: int) -> bytes:
    """The body of a callback about an order; each `turn` gives another body."""
    amount = tree.query("SELECT amount_idr FROM payments WHERE reference = %s", order)[0][0]
    gross = f"{amount}.00"
    signature = hashlib.sha512(f"{order}200{gross}{SIMULATOR_KEY}".encode()).hexdigest()
    return json.dumps(
        {
            "order_id": order,
            "status_code": "200",
            "gross_amount": gross,
            "signature_key": signature,
            "transaction_status": "settlement",
            "turn": turn,
        }
    ).encode()


@contextmanager
def burst(url: str, bodies: Sequence[bytes]) -> Iterator[Callable[[int], None]]:
    """Send all; return a function that waits until that many were acknowledged."""
    lock, acknowledged = threading.Lock(), [0]

    def send(body: bytes) -> None:
        wait_for(lambda: _is_acknowledged(url, body), "a callback is acknowledged")
        with lock:
            acknowledged[0] += 1

    def await_acknowledged(count: int) -> None:
        wait_for(lambda: acknowledged[0] >= count, f"{count} callbacks are acknowledged")

    with ThreadPoolExecutor(max_workers=_AT_A_TIME) as pool:
        sent = [pool.submit(send, body) for body in bodies]
        yield await_acknowledged
        for each in sent:
            each.result()


def _is_acknowledged(url: str, body: bytes) -> bool:
    try:
        return requests.post(url, data=body, timeout=10).status_code == 200
    except requests.RequestException:
        return False
