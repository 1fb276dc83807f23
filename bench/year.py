"""A year of auto-debit: faults at random by a printed seed, and killed workers.

The months pass on a moved clock. Lost requests, lost answers, killed processes, empty accounts and
cash are chosen at random. At the end each contribution was paid once at most, no debit was made
without its notice, none was forgotten, and what the provider took is what is booked.
"""

from __future__ import annotations

import argparse
import importlib
import os
import random
import secrets
import time
from datetime import UTC, datetime

import time_machine

from agentsys.payments.debit_models import DebitState
from bench.measure import peak_mb, say, throwaway_app


def main(argv: list[str]) -> dict[str, object]:
    """Let the year pass; the value is the debits that were made in a second."""
    parser = argparse.ArgumentParser(prog="python -m bench year", description=__doc__)
    parser.add_argument("--mandates", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args(argv)
    # Not imported by name: tests are not type-checked.
    the_year = importlib.import_module("tests.payments.mandates.year")
    say(f"{options.mandates} mandates, seed {options.seed}")
    chance = random.Random(options.seed)
    channel = the_year.Unreliable(chance, options.mandates)
    with throwaway_app() as app:
        year = the_year.Year(app, chance, channel, options.mandates, tell=say)
        began = time.perf_counter()
        with time_machine.travel(datetime(2026, 1, 1, 1, tzinfo=UTC), tick=False) as now:
            year.pass_by(now)
            seconds = time.perf_counter() - began
            ends = the_year.check(year)
    return {
        "bench": "year",
        "value": round(len(channel.calls) / seconds, 1),
        "unit": "debits/s",
        "mandates": options.mandates,
        "months": the_year.MONTHS,
        "seed": options.seed,
        "seconds": round(seconds),
        "debits": len(channel.calls),
        "faults": dict(channel.faults),
        "killed": year.killed,
        "ends": {state.value: ends[state] for state in DebitState if ends[state]},
        "load": round(os.getloadavg()[0], 1),
        "peak_mb": peak_mb(),
    }
