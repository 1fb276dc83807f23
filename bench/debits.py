"""Debits that are due, decided and made against the simulator, compared with the bare calls.

The bare calls are what a debit needs at the gateway, by the same client and threads: the account's
token and the charge. Both kinds are made in turn in slices, so that other load affects both. The
simulator is a process of its own. The cap of debits in a minute is lifted, and it is always noon.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
import time_machine
from flask import Flask
from sqlalchemy import func, select

from agentsys import clock
from agentsys.db import end_session, transaction
from agentsys.demo.midtrans_simulator import SERVER_KEY
from agentsys.extension.contract import PaymentRequest, PaymentState
from agentsys.ledger import invariants
from agentsys.payments.debit_models import Debit, DebitState
from agentsys.payments.mandates.calling import THREADS
from agentsys.payments.mandates.charging import BATCH, charge_due
from agentsys.payments.mandates.last_look import Why
from agentsys.plugins import autodebit
from agentsys.plugins.autodebit.gopay import GoPayDebit
from bench import people
from bench.http import children
from bench.measure import peak_mb, say, throwaway_app

_ADDED_AT_ONCE = 10_000  # accounts, in one call of the simulator
_AMOUNT_IDR = 16_800
_LOAD = """
SELECT ensure_contribution_partition('{month}');
INSERT INTO enrolments (worker_id, programmes, funding, from_month)
SELECT id, 'JKK+JKM', 'self', '{month}' FROM workers;
INSERT INTO assignments (worker_id, agent_id, from_month)
SELECT id, agent_id, '{month}' FROM workers;
INSERT INTO contributions (
    worker_id, month, office_id, agent_id, programmes, funding, sector,
    jkk_idr, jkm_idr, jht_idr, tariff, billed_at
)
SELECT id, '{month}', office_id, agent_id, 'JKK+JKM', 'self', 'other',
       10000, 6800, 0, 'PP 44/2015', '{now}'
FROM workers;
INSERT INTO mandates (
    reference, key, channel, office_id, holder_name, phone_sealed, phone_index, cap_idr,
    month_cap_idr, debit_day, consent_text, asked_at, asked_from, return_url, consented_at,
    consent_evidence, state, handle, account, consent_url, reason, checks
)
SELECT 'M-' || id, 'mandate-' || id, 'gopay_debit', office_id, 'Pemilik', '', '', 50000, 100000,
       1, '2026-11', '{now}', '{{}}', '', timestamptz '{now}' - interval '9 days', '{{}}', 'active',
       'account-' || id % {rows}, '', '', '', 0
FROM workers;
INSERT INTO mandate_workers (mandate_id, worker_id, relation, since)
SELECT id, CAST(substr(reference, 3) AS bigint), 'self', '{now}' FROM mandates;
INSERT INTO debits (
    mandate_id, worker_id, office_id, period, first_on, due_on, last_on, amount_idr, state, why,
    tries, look_at, visit_note
)
SELECT m.id, w.worker_id, m.office_id, '{month}', date '{now}' - 1, date '{now}' - 1,
    date '{now}' + 9, {amount}, 'announced', '', 0, timestamptz '{now}' - interval '1 hour', ''
FROM mandates m JOIN mandate_workers w ON w.mandate_id = m.id;
INSERT INTO debit_months (debit_id, worker_id, month, amount_idr)
SELECT id, worker_id, period, amount_idr FROM debits;
INSERT INTO notices (
    kind, mandate_id, debit_id, worker_id, amount_idr, debit_on, state, prepared_at, counted_at
)
SELECT 'debit', mandate_id, id, worker_id, amount_idr, due_on, 'opened', '{now}',
    timestamptz '{now}' - interval '3 days'
FROM debits
"""


def main(argv: list[str]) -> dict[str, object]:
    """Make the debits and the bare calls; their speeds and the ratio of the times."""
    parser = argparse.ArgumentParser(prog="python -m bench debits", description=__doc__)
    parser.add_argument("--debits", type=int, default=100_000)
    parser.add_argument("--slice", type=int, default=2_000)
    parser.add_argument("--jobs", type=int, default=3, help="that decide and call at once")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of each answer")
    options = parser.parse_args(argv)
    port = children.free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["agentsys.demo.midtrans_simulator", "--port", str(port)]
    command += ["--set", "token_valid_s=100000", "--set", f"latency_s={options.latency}"]
    with (
        time_machine.travel(clock.now().replace(hour=4)),  # by night no debit is made
        throwaway_app() as app,
        tempfile.TemporaryDirectory(prefix="agentsys-bench-") as folder,
        children.child(command, {}, log=Path(folder) / "simulator.log", ready_url=url + "/"),
    ):
        channel = _channel(url)
        handles = _accounts(url, options.debits)
        say(f"loading {options.debits} debits")
        load(options.debits)
        ours, bare = _both(app, channel, handles, options)
        return _result(options, ours, bare)


def _channel(url: str) -> GoPayDebit:
    settings = {"AGENTSYS_MIDTRANS_SERVER_KEY": SERVER_KEY, "AGENTSYS_MIDTRANS_BASE_URL": url}
    (channel,) = autodebit.register_payment_channels(settings)
    assert isinstance(channel, GoPayDebit)
    return channel


def _accounts(url: str, count: int) -> list[str]:
    """Linked accounts at the simulator, with enough money: one a debit, as payers have them."""
    handles = [f"account-{number}" for number in range(count)]
    for begun in range(0, count, _ADDED_AT_ONCE):
        wishes = [
            {"account_id": handle, "phone": "81200000000", "wallet_idr": 10**12}
            for handle in handles[begun : begun + _ADDED_AT_ONCE]
        ]
        answer = requests.post(f"{url}/_sim/accounts", json=wishes, timeout=60)
        answer.raise_for_status()
    return handles


def load(rows: int) -> None:
    """Workers with a mandate each, and a debit that is due, whose notice was opened."""
    # The time of this process, which may be moved; the database's own is not.
    values = {
        "now": clock.now().isoformat(),
        "month": clock.this_month(),
        "rows": rows,
        "amount": _AMOUNT_IDR,
    }
    people.load(rows=rows, agents=200, then=_LOAD.format(**values))


@dataclass
class Spent:
    """What calls of one kind took: seconds, and seconds of this process' processor time."""

    seconds: float = 0.0
    cpu_s: float = 0.0
    slices: list[float] = field(default_factory=list)

    @contextmanager
    def measured(self) -> Iterator[None]:
        """Add what the block takes."""
        began, began_cpu = time.monotonic(), time.process_time()
        yield
        self.slices.append(time.monotonic() - began)
        self.seconds += self.slices[-1]
        self.cpu_s += time.process_time() - began_cpu


def _both(
    app: Flask, channel: GoPayDebit, handles: list[str], options: argparse.Namespace
) -> tuple[Spent, Spent]:
    """What all debits took, and as many bare calls, made in turn."""
    ours, bare = Spent(), Spent()
    left, turn = options.debits, 0
    while left > 0:
        size = min(options.slice, left)
        for which in ("ours", "bare") if turn % 2 else ("bare", "ours"):
            if which == "ours":
                with ours.measured():
                    _ours(app, channel, size, options.jobs)
            else:
                with bare.measured():
                    _bare(channel, handles, [f"BARE-{turn}-{number}" for number in range(size)])
        left, turn = left - size, turn + 1
        say(f"{options.debits - left}: bare {bare.seconds:.1f} s, ours {ours.seconds:.1f} s")
    return ours, bare


def _ours(app: Flask, channel: GoPayDebit, size: int, jobs: int) -> None:
    """As the schedule does it: while jobs call the provider, the next one decides."""
    limits = [min(BATCH, size - begun) for begun in range(0, size, BATCH)]

    def one(limit: int) -> None:
        with app.app_context():
            seen = charge_due({channel.name: channel}, limit=limit, most_per_minute=size * 1_000)
            end_session()
        if seen[Why.ALLOWED] != limit:
            raise SystemExit(f"not all debits were made: {dict(seen)}")

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, limits))


def _bare(channel: GoPayDebit, handles: list[str], references: list[str]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        for report in pool.map(
            lambda number: channel.start(
                PaymentRequest(
                    reference=references[number],
                    amount_idr=_AMOUNT_IDR,
                    payer_name="",
                    description="",
                    mandate=handles[number % len(handles)],
                )
            ),
            range(len(references)),
        ):
            if report.state is not PaymentState.SETTLED:
                raise SystemExit(f"a bare call was not settled: {report}")


def _result(options: argparse.Namespace, ours: Spent, bare: Spent) -> dict[str, object]:
    with transaction() as session:
        collected = session.scalar(
            select(func.count()).select_from(Debit).where(Debit.state == DebitState.COLLECTED)
        )
        wrong = invariants.check(session)
    half = len(ours.slices) // 2
    return {
        "bench": "debits",
        "value": round(options.debits / ours.seconds),
        "unit": "debits/s",
        "bare_per_s": round(options.debits / bare.seconds),
        "ratio": round(ours.seconds / bare.seconds, 2),
        # The second is larger if a debit costs more, the more of them there are.
        "first_half": _ratio(ours.slices[: half or 1], bare.slices[: half or 1]),
        "second_half": _ratio(ours.slices[half:], bare.slices[half:]),
        "cpu_ms": round(1000 * ours.cpu_s / options.debits, 2),
        "bare_cpu_ms": round(1000 * bare.cpu_s / options.debits, 2),
        "seconds": round(ours.seconds + bare.seconds),
        "debits": options.debits,
        "collected": collected,
        "violations": len(wrong),
        "load": round(os.getloadavg()[0], 1),
        "peak_mb": peak_mb(),
    }


def _ratio(ours: list[float], bare: list[float]) -> float:
    return round(sum(ours) / sum(bare), 2)
