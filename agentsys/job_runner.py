"""Runs queued jobs in this process, short and long jobs concurrently."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import procrastinate
from procrastinate.signals import on_stop

from agentsys.job_watch import Watchdog, WatchedConnector

WAKE = "wake"  # short jobs: each processes waiting items in batches
WORK = "work"  # long ones: an import, a billing run
SHORT_JOBS = 4  # at the same time, however many long ones run


async def run_jobs(queue: procrastinate.App, *, concurrency: int) -> None:
    """Run jobs until a signal comes: the given number of long ones, and short ones concurrently."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(SHORT_JOBS + concurrency, "job"))
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
    """Run both queues until a signal comes or one of them ends; return how each ended."""
    workers = [
        asyncio.create_task(_run_queue(queue, name, most))
        for name, most in ((WAKE, SHORT_JOBS), (WORK, concurrency))
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
