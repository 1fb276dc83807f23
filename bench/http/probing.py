"""Answers of a server alone, and beside something that waits: probes and the result."""

from __future__ import annotations

import os
from collections.abc import Mapping

from bench.http.clients import send_all
from bench.measure import peak_mb, say

LIMIT_MS = 1_000
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def probe(port: int, asked: Mapping[str, list[bytes]]) -> dict[str, float]:
    """The slowest answer to each kind of request, in milliseconds."""
    return {
        name: send_all(port, requests, clients=1).latency_ms(1) for name, requests in asked.items()
    }


def result(
    bench: str, alone: Mapping[str, float], beside: Mapping[str, float], **more: object
) -> dict[str, object]:
    """The JSON result: the slowest answer beside what waits, and its share of the limit."""
    say(f"alone {alone}, beside {beside}: {more}")
    worst = max(beside.values())
    return {
        "bench": bench,
        "value": worst,
        "unit": "ms",
        "limit": LIMIT_MS,
        "ratio": round(worst / LIMIT_MS, 2),
        **more,
        "alone_ms": alone,
        "beside_ms": beside,
        "beside_to_alone": {name: round(beside[name] / alone[name], 2) for name in beside},
        "load": round(os.getloadavg()[0], 1),
        "peak_mb": peak_mb(children=True),
    }
