"""Finding workers who may be one person, among a million: one new worker, and a whole list.

Some are compared first, as in the first night after the upgrade. Then single workers are compared,
as after an enrolment; the result is the median in milliseconds. At last a list of ten thousand with
one phone number, which must not make fifty million pairs.
"""

from __future__ import annotations

import argparse
import time
from statistics import median

import psycopg
from sqlalchemy import make_url, text

from agentsys.db import db, transaction
from agentsys.duplicates import finding
from agentsys.runtime import runtime
from bench.measure import say, throwaway_app
from bench.network import people
from bench.network.loading import Loader
from bench.network.size import Size

_ONE_PHONE = """
UPDATE workers SET phone = '+628111', updated_at = now() WHERE id <= :list
"""


def main(argv: list[str]) -> dict[str, object]:
    """Measure the whole network, single workers, and a list with one phone."""
    parser = argparse.ArgumentParser(prog="python -m bench duplicates", description=__doc__)
    parser.add_argument("--workers", type=int, default=1_000_000)
    parser.add_argument("--compared", type=int, default=100_000, help="in the first night")
    parser.add_argument("--list", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args(argv)
    with throwaway_app():
        _build(Size(options.workers, 1))
        first_s = _compare(options.compared)
        single = _single(options.repeats, options.workers)
        with transaction() as session:
            session.execute(text("DELETE FROM duplicate_checks"))
            session.execute(text(_ONE_PHONE), {"list": options.list})
        list_s = _compare(options.list)
        with transaction() as session:
            pairs = session.scalar(text("SELECT count(*) FROM duplicate_pairs"))
    return {
        "bench": "duplicates",
        "value": round(median(single), 2),
        "unit": "ms for one new worker",
        "slowest_ms": round(max(single), 2),
        "workers": options.workers,
        "first_night_workers_per_s": round(options.compared / first_s),
        "list_of_one_phone_s": round(list_s, 1),
        "pairs": pairs,
    }


def _compare(most: int) -> float:
    """Compare as many waiting workers; the seconds that it took."""
    began, taken = time.perf_counter(), 0
    while taken < most:
        with transaction() as session:
            found = finding.check_waiting(session, vault=runtime().vault)
        if not found:
            break
        taken += found
        if taken % 20_000 == 0:
            say(f"{taken} compared in {time.perf_counter() - began:.0f} s")
    return time.perf_counter() - began


def _single(repeats: int, workers: int) -> list[float]:
    took = []
    for number in range(repeats):
        worker_id = 1 + number * (workers // repeats)
        began = time.perf_counter()
        with transaction() as session:
            finding.check(session, vault=runtime().vault, worker_ids=[worker_id])
        took.append((time.perf_counter() - began) * 1000)
    return took


def _build(size: Size) -> None:
    say(f"{size.workers} workers")
    url = make_url(db.engine.url).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        loader = Loader(connection)
        loader.drop_indexes()
        people.load_staff(loader, size)
        people.load_workers(loader, runtime().vault, size)
        loader.make_indexes()
        # The triggers that would do it are off while much is loaded.
        loader.run("INSERT INTO duplicate_checks (worker_id) SELECT id FROM workers ORDER BY id")
        loader.finish()
