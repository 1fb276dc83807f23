"""A worker that its database does not answer ends, so that its supervisor starts it anew."""

from __future__ import annotations

import threading

import pytest

from agentsys import job_watch
from agentsys.job_watch import DEAF_AFTER_S, Watchdog, WatchedConnector


class Connector(WatchedConnector):
    """A connector that has been silent for as long as a test says."""

    def __init__(self, silent_s: float) -> None:
        super().__init__(conninfo="")
        self.silent_s = silent_s
        self.looked = threading.Semaphore(0)

    def silent_for(self) -> float:
        """What the test says."""
        self.looked.release()
        return self.silent_s


def test_a_worker_ends_once_its_database_has_been_silent_for_too_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = threading.Event()
    monkeypatch.setattr(job_watch, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(job_watch.os, "_exit", lambda _code: ended.set())
    connector = Connector(DEAF_AFTER_S - 1)

    with Watchdog(connector):
        for _ in range(3):
            assert connector.looked.acquire(timeout=60)
        assert not ended.is_set()

        connector.silent_s = DEAF_AFTER_S + 1

        assert ended.wait(60)


def test_a_worker_that_is_about_to_end_is_not_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(job_watch, "_LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(job_watch.os, "_exit", lambda _code: ended.set())
    dog = Watchdog(Connector(DEAF_AFTER_S + 1))

    dog.stop()
    dog._run()

    assert not ended.is_set()
