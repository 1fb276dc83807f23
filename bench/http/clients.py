"""Clients on connections that stay open, each sending its next request when it has its answer."""

from __future__ import annotations

import selectors
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_LIMIT_S = 60


@dataclass(frozen=True)
class Answered:
    """The results of a number of requests."""

    seconds: float
    statuses: Counter[int]
    latencies_s: list[float]

    @classmethod
    def of(cls, parts: Sequence[Answered]) -> Answered:
        """The combined results of several series."""
        return cls(
            sum(part.seconds for part in parts),
            sum((part.statuses for part in parts), Counter()),
            [latency for part in parts for latency in part.latencies_s],
        )

    @property
    def per_second(self) -> float:
        """Requests per second that were answered with 200."""
        return self.statuses[200] / self.seconds

    def latency_ms(self, share: float) -> float:
        """A percentile of the response times, in milliseconds."""
        ordered = sorted(self.latencies_s)
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 1)


class _Client:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=_LIMIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self._seen = b""

    def send(self, request: bytes) -> None:
        self._seen = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """The status of the answer, None while it has not come whole."""
        part = self.socket.recv(65_536)
        if not part:
            raise ConnectionError("the server hung up")
        self._seen += part
        head, found, body = self._seen.partition(b"\r\n\r\n")
        if not found:
            return None
        lower = head.lower()
        start = lower.find(b"content-length:")
        length = int(lower[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        return int(head[9:12]) if len(body) >= length else None


def send_all(port: int, requests: Sequence[bytes], *, clients: int) -> Answered:
    """Send every request once, from this many clients at the same time."""
    waiting = iter(requests)
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    with selectors.DefaultSelector() as selector:
        busy = 0
        began = time.perf_counter()
        for _, request in zip(range(clients), waiting, strict=False):
            client = _Client(port)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.send(request)
            busy += 1
        while busy:
            ready = selector.select(_LIMIT_S)
            if not ready:
                raise TimeoutError(f"no answer within {_LIMIT_S} seconds")
            for key, _ in ready:
                client = key.data
                status = client.status()
                if status is None:
                    continue
                latencies.append(time.perf_counter() - client.sent_at)
                statuses[status] += 1
                following = next(waiting, None)
                if following is not None:
                    client.send(following)
                else:
                    selector.unregister(client.socket)
                    client.socket.close()
                    busy -= 1
        seconds = time.perf_counter() - began
    return Answered(seconds, statuses, latencies)
