"""The job of callbacks: in batches, two at a time while many wait, and none is left."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from flask import Flask

from agentsys import callback_jobs
from agentsys.payments.models import Outcome


class Backlog:
    """Callbacks that wait, counted; a batch takes as many as its limit."""

    def __init__(self, waiting: int) -> None:
        self.left, self.threads = waiting, set()
        self._lock = threading.Lock()

    def process(self, _channels: object, *, limit: int) -> Counter[Outcome | None]:
        with self._lock:
            taken = min(limit, self.left)
            self.left -= taken
            self.threads.add(threading.current_thread().name)
        return Counter({Outcome.MOVED: taken})


def _run(app: Flask, monkeypatch: pytest.MonkeyPatch, waiting: int) -> Backlog:
    backlog = Backlog(waiting)
    monkeypatch.setattr("agentsys.payments.callbacks.process_waiting", backlog.process)
    with app.app_context():
        callback_jobs.process_callbacks()
    return backlog


def test_all_that_wait_are_processed(app, monkeypatch):
    assert _run(app, monkeypatch, 10 * callback_jobs.BATCH + 1).left == 0


def test_a_few_are_processed_by_the_job_alone(app, monkeypatch):
    backlog = _run(app, monkeypatch, callback_jobs.BATCH - 1)

    assert backlog.left == 0
    assert backlog.threads == {threading.current_thread().name}


def test_a_failing_batch_fails_the_job(app, monkeypatch):
    batches = iter([Counter({Outcome.MOVED: callback_jobs.BATCH})])

    def process(_channels, *, limit):
        return next(batches, None) or 1 / 0

    monkeypatch.setattr("agentsys.payments.callbacks.process_waiting", process)
    with app.app_context(), pytest.raises(ZeroDivisionError):
        callback_jobs.process_callbacks()
