"""Shared parts of benchmarks: a temporary durable database, an app, timing, the result."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import make_url, text

from agentsys import create_app
from agentsys.config import fresh_keys, load
from agentsys.db import db
from agentsys.postgres import EmbeddedPostgres

_DATABASE = f"agentsys_bench_{os.getpid()}"
_KIB = 1024


def say(line: str) -> None:
    """Print progress to stderr; stdout is for the result."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def throwaway_app() -> Iterator[Flask]:
    """An app, in its context, on an empty migrated database that is dropped afterwards.

    The database is on the embedded server with durable settings, or on the server in
    AGENTSYS_TEST_DATABASE_URL.
    """
    with (
        tempfile.TemporaryDirectory(prefix="agentsys-bench-") as folder,
        _database(Path(folder)) as url,
    ):
        settings = load(
            database_url=url,
            instance=Path(folder) / "instance",
            log_level="WARNING",
            **fresh_keys(),
        )
        app = create_app(settings, plugin_settings={})
        with app.app_context():
            upgrade()
            try:
                yield app
            finally:
                db.session.remove()
                db.engine.dispose()


@contextmanager
def stopwatch(into: list[float]) -> Iterator[None]:
    """Append the seconds that the block takes to a list."""
    started = time.perf_counter()
    yield
    into.append(time.perf_counter() - started)


def checkpoint() -> None:
    """Write everything to disk, so that one run does not slow down the next."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CHECKPOINT"))


def result(
    bench: str,
    *,
    ours: list[float],
    limit: list[float],
    unit: str = "s",
    rows: int,
    **more: object,
) -> dict[str, object]:
    """The JSON result of a benchmark: medians of both times, their ratio, and our spread."""
    return {
        "bench": bench,
        "value": round(median(ours), 3),
        "unit": unit,
        "limit": round(median(limit), 3),
        "ratio": round(median(ours) / median(limit), 2),
        "rows": rows,
        "repeats": len(ours),
        "min": round(min(ours), 3),
        "median": round(median(ours), 3),
        "max": round(max(ours), 3),
        "limit_min": round(min(limit), 3),
        "limit_max": round(max(limit), 3),
        "peak_mb": peak_mb(),
        **more,
    }


def peak_mb(*, children: bool = False) -> int:
    """The peak memory in MB of this process or of its largest ended child.

    A child process counts at least as much as this process, because it is forked from it.
    """
    who = resource.RUSAGE_CHILDREN if children else resource.RUSAGE_SELF
    size = resource.getrusage(who).ru_maxrss
    # The kernel of macOS counts bytes, that of Linux KiB.
    return size // _KIB // (_KIB if sys.platform == "darwin" else 1)


@contextmanager
def _database(folder: Path) -> Iterator[str]:
    external = os.environ.get("AGENTSYS_TEST_DATABASE_URL", "")
    if not external:
        with EmbeddedPostgres(folder / "postgres") as server:
            server.create_database(_DATABASE)
            yield server.url(_DATABASE)
        return
    address = make_url(external.replace("postgres://", "postgresql://", 1))
    plain = address.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{_DATABASE}"')
        try:
            ours = address.set(drivername="postgresql+psycopg", database=_DATABASE)
            yield ours.render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE "{_DATABASE}" WITH (FORCE)')
