"""Response times of callbacks and health checks, alone and while eight pages hang.

The slow page exists only in this benchmark and waits for the database. The goal is at most one
second for a callback; gateways give up after five.
"""

from __future__ import annotations

import argparse
import socket
import tempfile
import time
from pathlib import Path

from bench.http import children, world
from bench.http.probing import HEALTH, probe, result
from bench.measure import throwaway_app

_SLOW = b"GET /slow-for-the-bench HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def main(argv: list[str]) -> dict[str, object]:
    """Request slow pages, then health checks and callbacks; the result is the slowest answer."""
    parser = argparse.ArgumentParser(prog="python -m bench starve", description=__doc__)
    parser.add_argument("--pages", type=int, default=8, help="slow pages at once")
    parser.add_argument("--probes", type=int, default=20)
    options = parser.parse_args(argv)
    port = children.free_port()
    with (
        throwaway_app() as app,
        tempfile.TemporaryDirectory(prefix="agentsys-bench-") as folder,
        children.server(app, Path(folder), "slow", "chosen", port),
    ):
        probe(port, _asked(options.probes, first=1))  # fills the pools
        alone = probe(port, _asked(options.probes, first=1_001))
        pages = [socket.create_connection(("127.0.0.1", port)) for _ in range(options.pages)]
        for page in pages:
            page.sendall(_SLOW)
        time.sleep(1)
        beside = probe(port, _asked(options.probes, first=2_001))
        hanging = sum(_still_waits(page) for page in pages)
        for page in pages:
            page.close()
    return result("starve", alone, beside, slow_pages=options.pages, still_hanging=hanging)


def _asked(count: int, *, first: int) -> dict[str, list[bytes]]:
    payments = [world.payment(-number) for number in range(first, first + count)]
    return {"healthz": [HEALTH] * count, "callback": world.callbacks(payments)}


def _still_waits(page: socket.socket) -> bool:
    page.setblocking(False)
    try:
        page.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return True
    return False
