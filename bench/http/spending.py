"""Processor time of other processes of this machine, where the kernel tells it in /proc."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from agentsys.db import db

_PROC = Path("/proc")
_PARENT, _TIMES = 1, slice(11, 15)  # of the fields after the name: own time and that of children
_DONE = text("SELECT count(*) FROM callbacks WHERE outcome IS NOT NULL")


@dataclass
class Spent:
    """Milliseconds of processor time for each callback."""

    worker: float = 0.0
    simulator: float = 0.0
    database: float = 0.0

    def bounds(self) -> dict[str, float | int]:
        """The times, and how many callbacks in a second they allow on cores that do nothing else.

        A worker process uses one core at a time, as Python does.
        """
        together = self.worker + self.simulator + self.database
        return {
            "worker_ms": round(self.worker, 2),
            "simulator_ms": round(self.simulator, 2),
            "postgres_ms": round(self.database, 2),
            "one_worker_bound_per_s": round(1000 / self.worker) if self.worker else 0,
            "two_cores_bound_per_s": round(2000 / together) if together else 0,
        }


@contextmanager
def spent_by(worker: int, simulator: int) -> Iterator[Spent]:
    """What the block spends, from the moment when the worker has processed its first callbacks."""
    spent = Spent()
    while not (first := _done()):
        time.sleep(0.05)
    before = _times(worker, simulator)
    yield spent
    done = max(_done() - first, 1)
    spent.worker, spent.simulator, spent.database = (
        1000 * (now - then) / done
        for now, then in zip(_times(worker, simulator), before, strict=True)
    )


def _done() -> int:
    with db.engine.connect() as connection:
        return int(connection.execute(_DONE).scalar_one())


def _times(worker: int, simulator: int) -> tuple[float, float, float]:
    return _of_process(worker), _of_process(simulator), _of_database()


def _of_process(pid: int) -> float:
    """Processor seconds of a process and its ended children; 0 if the system does not say."""
    fields = _fields(pid)
    ticks = sum(int(field) for field in fields[_TIMES]) if fields else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _of_database() -> float:
    """Seconds that all processes of the database server spent; 0 if it runs elsewhere."""
    with db.engine.connect() as connection:
        backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    fields = _fields(int(backend))
    if not fields:
        return 0.0
    server = int(fields[_PARENT])
    return _of_process(server) + sum(_of_process(pid) for pid in _children(server))


def _children(parent: int) -> list[int]:
    pids = [int(path.name) for path in _PROC.iterdir() if path.name.isdigit()]
    return [pid for pid in pids if (fields := _fields(pid)) and int(fields[_PARENT]) == parent]


def _fields(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
