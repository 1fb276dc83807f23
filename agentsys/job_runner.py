"""Runs queued jobs in this process, short, waiting and long jobs concurrently."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import procrastinate
import psycopg
import structlog
from flask import Flask, current_app
from procrastinate.exceptions import ConnectorException
from procrastinate.signals import on_stop
from sqlalchemy.exc import DBAPIError

from agentsys import clock
from agentsys.db import end_session
from agentsys.job_watch import Watchdog, WatchedConnector

log = structlog.get_logger("agentsys.jobs")

WAKE = "wake"  # short jobs: each processes waiting items in batches
WORK = "work"  # long ones: an import, a billing run
ASK = "ask"  # those that wait for providers: a slow one keeps no other job from running
ASK_JOBS = 8
SHORT_JOBS = 4  # at the same time, however many long ones run
ATTEMPTS = 5  # of a job, before it is given up
# After 4 s, 16 s, 1 min, 4 min and 17 min: time for the database to recover.
RETRY = procrastinate.RetryStrategy(
    max_attempts=ATTEMPTS,
    exponential_wait=4,
    # COPY bypasses SQLAlchemy, so its errors come directly from the driver.
    retry_exceptions=[DBAPIError, psycopg.OperationalError, OSError],
)


async def run_jobs(queue: procrastinate.App, *, concurrency: int) -> None:
    """Run jobs until a signal comes: the given number of long ones, and others concurrently."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(SHORT_JOBS + ASK_JOBS + concurrency, "job"))
    assert isinstance(queue.connector, WatchedConnector)
    with Watchdog(queue.connector) as watchdog:
        async with queue.open_async():
            ends = await _run_queues(queue, watchdog, concurrency)
    for end in ends:
        if isinstance(end, Exception):  # a signal to stop is no error
            raise end


async def _run_queues(
    queue: procrastinate.App, watchdog: Watchdog, concurrency: int
) -> list[BaseException | None]:
    """Run all queues until a signal comes or one of them ends; return how each ended."""
    workers = [
        asyncio.create_task(_run_queue(queue, name, most))
        for name, most in ((WAKE, SHORT_JOBS), (ASK, ASK_JOBS), (WORK, concurrency))
    ]

    def stop() -> None:
        for worker in workers:
            if not worker.cancelling():  # a second call would abort running jobs
                worker.cancel()

    def stop_as_told() -> None:
        watchdog.stop()
        stop()

    with on_stop(stop_as_told):
        try:
            await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop()
            ends = await asyncio.gather(*workers, return_exceptions=True)
    return list(ends)


async def _run_queue(queue: procrastinate.App, name: str, concurrency: int) -> None:
    await queue.run_worker_async(
        queues=[name],
        concurrency=concurrency,
        fetch_job_polling_interval=2,
        delete_jobs="successful",
        update_heartbeat_interval=5,
        stalled_worker_timeout=15,
        shutdown_graceful_timeout=20,
        install_signal_handlers=False,
    )


def in_one_line(record: logging.LogRecord) -> bool:
    """Log an unreachable database in one line; the library's traceback would not help."""
    if record.exc_info and isinstance(record.exc_info[1], ConnectorException):
        record.exc_info = None
        record.msg = " ".join(str(record.msg).split())
    return True


def within(app: Flask, task: Callable[..., None]) -> Callable[..., None]:
    """The task, run within the app's context."""

    def run(**args: Any) -> None:
        with app.app_context():
            try:
                task(**args)
            finally:
                end_session()

    run.__name__ = task.__name__
    return run


def side_by_side(task: Callable[[], None], *, threads: int) -> None:
    """Run the task in several threads, each within the present app's context."""
    task = within(current_app._get_current_object(), task)  # type: ignore[attr-defined]
    with ThreadPoolExecutor(threads, task.__name__) as pool:
        for running in [pool.submit(task) for _ in range(threads)]:
            running.result()


class CatchUp:
    """Runs scheduled jobs at once, in their order, after the clock of a demo was advanced."""

    __name__ = "catch_up"

    def __init__(self, batches: Sequence[Callable[[], None]]) -> None:
        """Run these; nothing is to be made up for at first."""
        self._batches = batches
        self._seen = clock.advanced()

    def __call__(self) -> None:
        """Run all if the clock was advanced since the last time."""
        while (advanced := clock.advanced()) != self._seen:
            self._seen = advanced
            for batch in self._batches:
                try:
                    batch()
                except Exception:
                    # The others are not to wait; its own schedule runs this one again.
                    log.exception("not caught up", job=batch.__name__)


def on_the_clock(app: Flask, task: Callable[..., None]) -> Callable[..., None]:
    """The task as its schedule runs it."""
    inner = within(app, task)

    def run(timestamp: int) -> None:
        inner()

    run.__name__ = task.__name__
    return run
