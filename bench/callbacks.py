"""Callbacks, compared with a minimal Flask route that stores the same row.

Both servers run at the same time on one durable database. They get a few hundred callbacks in
turn, so that other load on the machine affects both. Our server authenticates each callback,
recognises repeated ones, and queues the job in the same transaction. Afterwards the worker, in
another process, asks the simulator about every payment, while some callbacks are sent again. How
fast the simulator can be asked, with nothing to book, is measured first: `asked_per_s`. At the
end the database is searched for callbacks that were lost or applied twice.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from flask import Flask
from sqlalchemy import text

from agentsys.db import db, transaction
from agentsys.demo.midtrans_simulator import SERVER_KEY
from agentsys.ledger import invariants
from agentsys.payments import polling
from agentsys.plugins._midtrans.client import Midtrans
from agentsys.plugins._midtrans.settings import MidtransSettings
from agentsys.plugins.ewallet.channels import GoPay
from bench.http import children, world
from bench.http.clients import Answered, send_all
from bench.http.spending import spent_by
from bench.measure import checkpoint, peak_mb, say, throwaway_app

_TURNS = 10
_BARE_PATH = "/bare/gopay"
_PROCESS_LIMIT_S = 600
_ASKED = 600  # payments that the simulator is asked about with nothing to book
_AGAIN = 10  # one callback in so many is sent again while the worker works

_LOST = """
    SELECT count(*) FROM payments p
    LEFT JOIN callbacks c ON c.reference = p.reference AND c.outcome = 'moved'
    LEFT JOIN entries e ON e.kind = 'payment.settled' AND e.source = p.reference
    WHERE p.state <> 'settled' OR c.id IS NULL OR e.id IS NULL
"""
_TWICE = """
    SELECT abs(sum(l.amount_idr) - (SELECT sum(amount_idr) FROM payments WHERE state = 'settled'))
           / min(abs(l.amount_idr))
    FROM postings l WHERE l.account LIKE 'clearing:midtrans:%'
"""


def main(argv: list[str]) -> dict[str, object]:
    """Send callbacks to both servers, process them, and look for lost ones."""
    parser = argparse.ArgumentParser(prog="python -m bench callbacks", description=__doc__)
    parser.add_argument("--callbacks", type=int, default=3_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--server", default="chosen")
    options = parser.parse_args(argv)
    with throwaway_app() as app, tempfile.TemporaryDirectory(prefix="agentsys-bench-") as folder:
        say(f"loading {options.callbacks * options.repeats} open payments")
        payments = world.load(options.callbacks * options.repeats)
        ours, limit = _notify_both(app, Path(folder), payments, options)
        accepted = sum(answered.statuses[200] for answered in ours)
        return _result(ours, limit, options) | _process(
            app, Path(folder), payments, accepted, options.server
        )


def _notify_both(
    app: Flask, folder: Path, payments: Sequence[world.Transaction], options: argparse.Namespace
) -> tuple[list[Answered], list[Answered]]:
    ports = {which: children.free_port() for which in ("ours", "bare")}
    answers: dict[str, list[Answered]] = {"ours": [], "bare": []}
    with (
        children.server(app, folder, "ours", options.server, ports["ours"]),
        children.server(app, folder, "bare", options.server, ports["bare"]),
    ):
        _warm_up(ports, options.clients)
        for repeat in range(options.repeats):
            part = payments[repeat * options.callbacks : (repeat + 1) * options.callbacks]
            checkpoint()
            turn = _in_turns(part, ports, options.clients)
            for which, answered in turn.items():
                answers[which].append(answered)
            say(
                f"{repeat + 1}/{options.repeats}: limit {turn['bare'].per_second:.0f}/s,"
                f" ours {turn['ours'].per_second:.0f}/s"
            )
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM callbacks WHERE reference = ''"))
    return answers["ours"], answers["bare"]


def _in_turns(
    part: Sequence[world.Transaction], ports: dict[str, int], clients: int
) -> dict[str, Answered]:
    requests = {
        "bare": world.callbacks(part, path=_BARE_PATH),
        "ours": world.callbacks(part),
    }
    slices: dict[str, list[Answered]] = {"bare": [], "ours": []}
    size = max(clients, len(part) // _TURNS)
    for start in range(0, len(part), size):
        for which in ("bare", "ours") if start // size % 2 else ("ours", "bare"):
            wanted = requests[which][start : start + size]
            slices[which].append(send_all(ports[which], wanted, clients=clients))
    return {which: Answered.of(parts) for which, parts in slices.items()}


def _warm_up(ports: dict[str, int], clients: int) -> None:
    """Fill the connection pools and prepare the statements; these callbacks are not counted."""
    nobody = [world.payment(-number) for number in range(1, 40 * clients)]
    send_all(ports["ours"], world.callbacks(nobody), clients=clients)
    send_all(ports["bare"], world.callbacks(nobody, path=_BARE_PATH), clients=clients)
    with db.engine.begin() as connection:
        connection.execute(text("DELETE FROM callbacks"))


def _process(
    app: Flask, folder: Path, payments: Sequence[world.Transaction], accepted: int, server: str
) -> dict[str, object]:
    """Let the worker process the callbacks; return its speed, and lost or repeated payments."""
    stored = _count("SELECT count(*) FROM callbacks")
    state = folder / "simulator.sqlite"
    world.gateway_file(state, payments)
    gateway, web = children.free_port(), children.free_port()
    url = f"http://127.0.0.1:{gateway}"
    say(f"processing {stored} callbacks")
    simulator = ["agentsys.demo.midtrans_simulator", "--port", str(gateway), "--state", str(state)]
    with (
        children.child(simulator, {}, log=folder / "simulator.log", ready_url=url + "/") as gate,
        _measured(url, payments[:_ASKED]) as asked_per_s,
        children.server(app, folder, "ours", server, web),
        children.child(
            ["agentsys", "worker"],
            children.environment(app, gateway=url),
            log=folder / "worker.log",
        ) as worker,
    ):
        again = send_all(web, world.callbacks(payments[::_AGAIN]), clients=2)
        with spent_by(worker.pid, gate.pid) as spent:
            _await_processed()
    took = "extract(epoch FROM max(processed_at) - min(processed_at))"
    seconds = _count(f"SELECT greatest(1, {took}) FROM callbacks")
    return {
        "processed_per_s": round(stored / seconds),
        "asked_per_s": round(asked_per_s),
        "processed_share": round(stored / seconds / asked_per_s, 2),
        **spent.bounds(),
        "rang_again": again.statuses[200],
        "lost": accepted - stored + _count(_LOST),
        "applied_twice": _count(_TWICE) + _count("SELECT count(*) FROM callbacks") - stored,
        "violations": len(_violations()),
    }


@contextmanager
def _measured(url: str, payments: Sequence[world.Transaction]) -> Iterator[float]:
    """How many payments in a second the simulator can be asked about, as the worker does it."""
    settings = MidtransSettings(server_keys=(SERVER_KEY,), base_url=url)
    channel = GoPay(Midtrans(settings), settings)
    started = time.monotonic()
    answers = [
        answer
        for lot in polling.ask_in_lots({each.order_id: channel for each in payments})
        for answer in lot
    ]
    seconds = time.monotonic() - started
    if any(isinstance(answer, str) for _, answer in answers):
        raise RuntimeError("the simulator did not answer")
    yield len(answers) / seconds


def _await_processed() -> None:
    deadline = time.monotonic() + _PROCESS_LIMIT_S
    while left := _count("SELECT count(*) FROM callbacks WHERE outcome IS NULL"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{left} callbacks were not processed in {_PROCESS_LIMIT_S} s")
        time.sleep(0.5)


def _violations() -> list[invariants.Violation]:
    with transaction() as session:
        return invariants.check(session)


def _count(query: str) -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def _result(
    ours: list[Answered], limit: list[Answered], options: argparse.Namespace
) -> dict[str, object]:
    rates = sorted(answered.per_second for answered in ours)
    value, bare = median(rates), median(answered.per_second for answered in limit)
    refused = sum(
        count
        for answered in (*ours, *limit)
        for status, count in answered.statuses.items()
        if status != 200
    )
    return {
        "bench": "callbacks",
        "value": round(value),
        "unit": "accepted/s",
        "limit": round(bare),
        "ratio": round(bare / value, 2),
        "accepted_share": round(value / bare, 3),
        "rows": options.callbacks,
        "repeats": options.repeats,
        "clients": options.clients,
        "server": options.server,
        "min": round(rates[0]),
        "median": round(value),
        "max": round(rates[-1]),
        "p50_ms": round(median(answered.latency_ms(0.5) for answered in ours), 1),
        "p99_ms": round(median(answered.latency_ms(0.99) for answered in ours), 1),
        "limit_p99_ms": round(median(answered.latency_ms(0.99) for answered in limit), 1),
        "not_200": refused,
        "load": round(os.getloadavg()[0], 1),
        "peak_mb": peak_mb(children=True),
    }
