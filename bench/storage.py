"""Bytes on disk for a worker and month, before and after what is too old is destroyed.

The network of `bench world`, with a callback for each payment of a provider and an event for each
payment. The limit is the database when the tables hold only what was kept: the ratio is what one
night's run leaves beyond that before its space is used again.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from flask import Flask
from sqlalchemy import text

from agentsys.db import db, transaction
from agentsys.retention import destroying
from bench.measure import peak_mb, say
from bench.network import build, rest
from bench.network.size import Size

GOAL = 1500  # bytes
_MISSING = """
    AND settled_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM callbacks c WHERE c.reference = payments.reference)
"""
_EVENTS = """
    INSERT INTO events (at, kind, office_id, agent_id, worker_id, data)
    SELECT settled_at, 'payment.settled', office_id, agent_id, worker_id,
        jsonb_build_object('payment_id', id, 'amount_idr', amount_idr, 'channel', channel)
    FROM payments WHERE settled_at IS NOT NULL AND NOT EXISTS (SELECT FROM events)
"""
# A partition counts for its table.
_SIZES = """
    SELECT coalesce(parent.relname, c.relname) AS name, sum(pg_total_relation_size(c.oid)) AS bytes
    FROM pg_class c
    LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
    LEFT JOIN pg_class parent ON parent.oid = i.inhparent
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    GROUP BY 1 ORDER BY 2 DESC
"""


def main(argv: list[str]) -> dict[str, object]:
    """Measure a network's tables, destroy what is too old, and measure them again."""
    parser = argparse.ArgumentParser(prog="python -m bench storage", description=__doc__)
    parser.add_argument("--workers", type=int, default=20_000)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--instance", type=Path, default=build.HOME)
    options = parser.parse_args(argv)
    size = Size(options.workers, options.months)
    with build.server(options.instance) as running:
        build.ensure(running, size, options.instance)
        with build.app_on(running, size.database, options.instance) as app, app.app_context():
            return _measure(app, size)


def load() -> None:
    """Callbacks and events of all months; the network has those of the last ones."""
    with db.engine.begin() as connection:
        connection.exec_driver_sql(rest._CALLBACKS + _MISSING, {"after": 0})
        connection.execute(text(_EVENTS))


def _measure(app: Flask, size: Size) -> dict[str, object]:
    load()
    _shrink("callbacks", "events")
    before = _sizes()
    began = time.perf_counter()
    gone = destroying.destroy_old(transaction, by="bench")
    seconds = time.perf_counter() - began
    say(f"{sum(each.rows for each in gone)} rows in {seconds:.1f} s")
    at_once = _sizes()
    _shrink("callbacks", "events")
    after = _sizes()
    months = size.workers * size.months
    each = {name: round(count / months, 1) for name, count in before.items()}
    return {
        "bench": "storage",
        "value": round(sum(after.values()) / months),
        "unit": "bytes a worker-month",
        "limit": GOAL,
        "ratio": round(sum(at_once.values()) / sum(after.values()), 2),
        "before": round(sum(before.values()) / months),
        "rows": {found.kind.value: found.rows for found in gone},
        "rows_per_s": round(sum(found.rows for found in gone) / seconds) if gone else 0,
        "largest": dict(list(each.items())[:12]),
        "misses": [f"over {GOAL} bytes"] if sum(after.values()) / months > GOAL else [],
        "peak_mb": peak_mb(),
    }


def _sizes() -> dict[str, int]:
    with db.engine.connect() as connection:
        return {name: int(count) for name, count in connection.execute(text(_SIZES))}


def _shrink(*tables: str) -> None:
    """Free the space of deleted rows, so that the size of a table is that of its live rows."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET statement_timeout = 0"))
        for table in tables:
            connection.execute(text(f"VACUUM FULL {table}"))
