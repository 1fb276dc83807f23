"""Ends the worker process when the database stops responding."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from procrastinate import PsycopgConnector

log = structlog.get_logger("agentsys.jobs")

# Longer than any statement of the queue may take: the server ends them after 15 s.
DEAF_AFTER_S = 20.0
_LOOK_EVERY_S = 0.5


class WatchedConnector(PsycopgConnector):
    """The queue's connector, which records since when a response is outstanding."""

    def __init__(self, **options: Any) -> None:
        """Take the options of any connector."""
        super().__init__(**options)
        self._asked: dict[int, float] = {}
        self._numbers = itertools.count()
        self._answered_at = time.monotonic()

    @asynccontextmanager
    async def _get_cursor(self, connection: Any = None) -> AsyncGenerator[Any]:
        number = next(self._numbers)
        self._asked[number] = time.monotonic()
        try:
            async with super()._get_cursor(connection) as cursor:
                yield cursor
            self._answered_at = time.monotonic()
        finally:
            del self._asked[number]

    def silent_for(self) -> float:
        """Seconds since the oldest query without a response, or else since the last response."""
        return time.monotonic() - min(list(self._asked.values()) or [self._answered_at])


class Watchdog:
    """Ends the process when the database stops responding; its supervisor restarts it.

    The event loop itself may wait for an answer that never comes, so a thread does this. The
    interrupted jobs run again, as after any end of a worker.
    """

    def __init__(self, connector: WatchedConnector) -> None:
        """Watch this connector."""
        self._connector = connector
        self._stopped = threading.Event()

    def __enter__(self) -> Watchdog:
        """Start watching."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop watching."""
        self.stop()

    def stop(self) -> None:
        """Stop watching, because the process ends by itself."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(_LOOK_EVERY_S):
            silent_s = self._connector.silent_for()
            if silent_s > DEAF_AFTER_S:
                log.error(
                    "the database fell silent, the worker starts anew", silent_s=int(silent_s)
                )
                os._exit(1)
