"""Slow clients, which keep connections open and send or read very little."""

from __future__ import annotations

import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_EVERY_S = 1.0
_HEAD = b"Host: 127.0.0.1\r\nUser-Agent: slow\r\nContent-Type: application/json\r\n"
_OPENINGS = (
    b"GET /healthz HTTP/1.1\r\n" + _HEAD + b"X-Slow: ",  # followed by single bytes of a header
    b"POST /callbacks/gopay HTTP/1.1\r\n" + _HEAD + b"Content-Length: 60000\r\n\r\n{",
    b"GET /static/app.css HTTP/1.1\r\n" + _HEAD + b"\r\n",  # and never read the answer
)


class _Slow:
    def __init__(self, port: int, kind: int) -> None:
        self._port, self._kind = port, kind
        self._socket: socket.socket | None = None
        self.hung_up = 0

    def tick(self) -> None:
        """Send one more byte; reconnect if the server closed the connection."""
        try:
            if self._socket is None:
                self._open()
            elif self._kind < 2:
                self._socket.send(b"x")
        except BlockingIOError:
            return
        except OSError:
            self.hung_up += 1
            self.close()

    def _open(self) -> None:
        made = socket.socket()
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1_024)
        made.settimeout(0.2)
        try:
            made.connect(("127.0.0.1", self._port))
            made.sendall(_OPENINGS[self._kind])
        except OSError:
            made.close()
            raise
        made.setblocking(False)
        self._socket = made

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None


@contextmanager
def slow_clients(port: int, count: int) -> Iterator[None]:
    """As many connections as given: slow headers, slow bodies and slow readers, a third each."""
    stop = threading.Event()
    clients = [_Slow(port, number % 3) for number in range(count)]

    def drip() -> None:
        while not stop.is_set():
            began = time.monotonic()
            for client in clients:
                client.tick()
            stop.wait(max(0.0, _EVERY_S - (time.monotonic() - began)))

    thread = threading.Thread(target=drip, name="slow-clients", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        for client in clients:
            client.close()


@dataclass
class Probed:
    """The answers of a server to health checks."""

    probes: int = 0
    failures: int = 0
    worst_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)


def probe(port: int, *, seconds: float, every_s: float = 0.5, limit_s: float = 5.0) -> Probed:
    """Request /healthz repeatedly, each time on a new connection."""
    found = Probed()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=limit_s):
                pass
        except (urllib.error.URLError, OSError):
            found.failures += 1
        took = time.perf_counter() - began
        found.probes += 1
        found.worst_s = max(found.worst_s, took)
        found.latencies_s.append(took)
        time.sleep(max(0.0, every_s - took))
    return found
