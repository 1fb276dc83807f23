"""How fast health checks, callbacks and pages are while the gateway hangs, and while it does not.

The worker and the web process are real. The gateway does not answer charges at all, or sends one
byte a second. Each response of the web process may take one second at most.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.payments.models import Payment
from agentsys.payments.provider_models import Action, ProviderRequest
from agentsys.payments.provider_queue import MOST_AT_ONCE, wake
from bench.http import children, world
from bench.http.probing import HEALTH, probe, result
from bench.measure import throwaway_app

_START_LIMIT_S = 60  # of a worker on a busy machine
_PAGE = b"GET /masuk HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"


def main(argv: list[str]) -> dict[str, object]:
    """Measure alone, then with charges under way; the value is the slowest answer."""
    parser = argparse.ArgumentParser(prog="python -m bench ill", description=__doc__)
    parser.add_argument("--charges", type=int, default=24, help="charges that get no answer")
    parser.add_argument("--probes", type=int, default=20)
    options = parser.parse_args(argv)
    port = children.free_port()
    with (
        throwaway_app() as app,
        tempfile.TemporaryDirectory(prefix="agentsys-bench-") as folder,
        _ill_gateway() as (gateway, connections),
    ):
        with app.app_context():
            known = world.load(options.charges + options.probes * 3)
        environment = children.environment(app, port=port, gateway=gateway)
        with (
            children.server(app, Path(folder), "ours", "chosen", port),
            children.child(["agentsys", "worker"], environment, log=Path(folder) / "worker.log"),
        ):
            probe(port, _asked(known[: options.probes]))  # fills the pools
            alone = probe(port, _asked(known[options.probes : options.probes * 2]))
            _charge(app, options.charges)
            busy = _await_busy(connections, min(options.charges, MOST_AT_ONCE))
            if not busy:
                log = (Path(folder) / "worker.log").read_text()
                raise RuntimeError(f"no charge is under way:\n{log[-2000:]}")
            beside = probe(port, _asked(known[options.probes * 2 : options.probes * 3]))
    return result("ill", alone, beside, charges=options.charges, under_way=busy)


def _asked(payments: list[Any]) -> dict[str, list[bytes]]:
    return {
        "healthz": [HEALTH] * len(payments),
        "callback": world.callbacks(payments),
        "page": [_PAGE] * len(payments),
    }


def _charge(app: Flask, count: int) -> None:
    """Have so many payments started by the worker."""
    with app.app_context(), transaction() as session:
        newest = db.select(Payment).order_by(Payment.id.desc()).limit(count)
        for payment in session.scalars(newest):
            payment.state = payment.state.CREATED
            session.add(
                ProviderRequest(
                    payment_id=payment.id,
                    channel=payment.channel,
                    action=Action.START,
                    by="bench",
                    asked_at=clock.now(),
                    next_try_at=clock.now(),
                )
            )
        wake(session)


def _await_busy(connections: list[socket.socket], wanted: int) -> int:
    """How many charges are under way: the worker takes only some of one channel at once."""
    end = time.monotonic() + _START_LIMIT_S
    while time.monotonic() < end and len(connections) < wanted:
        time.sleep(0.1)
    time.sleep(1)  # for those beyond
    return len(connections)


@contextmanager
def _ill_gateway() -> Iterator[tuple[str, list[socket.socket]]]:
    """A gateway that takes every call: every second one hangs, the others drip."""
    connections: list[socket.socket] = []
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(_HEAD)
            while not over.wait(1):
                connection.sendall(b" ")
        except OSError:
            return  # the caller gave up, which is what it should do

    def serve() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            if len(connections) % 2:
                threading.Thread(target=drip, args=(connection,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", connections
    finally:
        over.set()
        listener.close()
        for connection in connections:
            connection.close()
