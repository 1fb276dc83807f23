"""The background job of callbacks, queued with each callback that is stored."""

from __future__ import annotations

from agentsys.job_runner import side_by_side
from agentsys.payments import callbacks
from agentsys.runtime import runtime

BATCH = 256  # claimed at once; their reports are booked in lots as they arrive


def process_callbacks() -> None:
    """Process all waiting callbacks, in batches; two at a time while many wait.

    While the last reports of one batch are booked, providers are asked about the next one.
    """
    if _one_batch():
        side_by_side(_batches, threads=2)


def _batches() -> None:
    while _one_batch():
        pass


def _one_batch() -> bool:
    """Process a batch; whether more may wait."""
    done = callbacks.process_waiting(runtime().registry.channels, limit=BATCH)
    return done.total() >= BATCH
