"""Comparison of web servers: callbacks and health checks per second, and slow clients."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import text

from agentsys.db import db
from agentsys.demo import city
from bench.http import children, world
from bench.http.clients import send_all
from bench.http.slow import probe, slow_clients
from bench.measure import checkpoint, say, throwaway_app

_NAMES = "chosen,waitress,granian,granian2,gunicorn"
_HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def main(argv: list[str]) -> dict[str, object]:
    """Measure each server in turn; the value is the callbacks a second of the first one."""
    parser = argparse.ArgumentParser(prog="python -m bench servers", description=__doc__)
    parser.add_argument("--servers", default=_NAMES)
    parser.add_argument("--callbacks", type=int, default=2_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args(argv)
    names = options.servers.split(",")
    with throwaway_app() as app, tempfile.TemporaryDirectory(prefix="agentsys-bench-") as folder:
        payments = [world.payment(-number) for number in range(1, options.callbacks + 1)]
        rates: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
        for repeat in range(options.repeats):
            for name in names:
                rates[name].append(_rates(app, Path(folder), name, payments, options.clients))
                say(f"{repeat + 1}/{options.repeats} {name}: {_in_words(rates[name][-1])}")
        found = {name: _medians(rates[name]) for name in names}
        if options.slow:
            for name in names:
                found[name] |= _slow(app, Path(folder), name, options.slow, options.seconds)
                say(f"{name}: {found[name]}")
    best = max(float(found[name]["callbacks_per_s"]) for name in names)
    value = float(found[names[0]]["callbacks_per_s"])
    return {
        "bench": "servers",
        "value": value,
        "unit": "callbacks/s",
        "limit": best,
        "ratio": round(best / value, 2),
        "repeats": options.repeats,
        "rows": options.callbacks,
        "clients": options.clients,
        "slow_clients": options.slow,
        "slow_seconds": options.seconds,
        "load": round(os.getloadavg()[0], 1),
        "servers": found,
    }


def _rates(
    app: Flask, folder: Path, name: str, payments: Sequence[world.Transaction], clients: int
) -> tuple[float, float, float]:
    requests = world.callbacks(payments)
    with db.engine.begin() as connection, city.unguarded(connection):
        connection.execute(text("TRUNCATE callbacks CASCADE"))
    checkpoint()
    port = children.free_port()
    with children.server(app, folder, "ours", name, port):
        send_all(port, requests[: 20 * clients], clients=clients)
        answered = send_all(port, requests[20 * clients :], clients=clients)
        health = send_all(port, [_HEALTH] * len(requests), clients=clients)
    return answered.per_second, answered.latency_ms(0.99), health.per_second


def _medians(rates: list[tuple[float, float, float]]) -> dict[str, float]:
    names = ("callbacks_per_s", "callbacks_p99_ms", "health_per_s")
    return {name: round(median(each[place] for each in rates)) for place, name in enumerate(names)}


def _slow(app: Flask, folder: Path, name: str, count: int, seconds: float) -> dict[str, float]:
    port = children.free_port()
    with children.server(app, folder, "ours", name, port), slow_clients(port, count):
        probed = probe(port, seconds=seconds)
    return {
        "slow_probes": probed.probes,
        "slow_failures": probed.failures,
        "slow_worst_ms": round(1000 * probed.worst_s),
        "slow_median_ms": round(1000 * median(probed.latencies_s), 1),
    }


def _in_words(rate: tuple[float, float, float]) -> str:
    return f"{rate[0]:.0f} callbacks/s (p99 {rate[1]} ms), {rate[2]:.0f} health answers/s"
