"""Answers kept for five minutes under the caller's key, whatever the second body says."""

from __future__ import annotations

from threading import Lock
from typing import Any

from agentsys.demo.midtrans_simulator.clock import VirtualClock
from agentsys.demo.midtrans_simulator.store import Store
from agentsys.demo.midtrans_simulator.vocabulary import IDEMPOTENCY_KEY_MAX, IDEMPOTENCY_S

IN_FLIGHT = {
    "status_code": "202",
    "status_message": "A request with the same Idempotency-Key is still in progress",
}


class KeptAnswers:
    """Successful answers by Idempotency-Key; a key that is too long counts for nothing."""

    def __init__(self, *, store: Store, clock: VirtualClock) -> None:
        """Go on with the answers that are still fresh."""
        self._store, self._clock = store, clock
        self._lock = Lock()
        self._kept = {record["key"]: record for record in store.all("answer")}
        self._in_flight: set[str] = set()

    def begin(self, key: str) -> dict[str, Any] | None:
        """The answer given before, IN_FLIGHT, or None when the work is the caller's to do."""
        if not key or len(key) > IDEMPOTENCY_KEY_MAX:
            return None
        with self._lock:
            if key in self._in_flight:
                return IN_FLIGHT
            kept = self._kept.get(key)
            if kept and kept["until"] > self._clock.now():
                answer: dict[str, Any] = kept["answer"]
                return answer
            self._in_flight.add(key)
            return None

    def keep(self, key: str, answer: dict[str, Any]) -> None:
        """Remember a success."""
        if not key or len(key) > IDEMPOTENCY_KEY_MAX:
            return
        record = {"key": key, "answer": answer, "until": self._clock.now() + IDEMPOTENCY_S}
        with self._lock:
            self._kept[key] = record
        self._store.save([("answer", key, record)])

    def finish(self, key: str) -> None:
        """The caller's answer is out, or lost."""
        with self._lock:
            self._in_flight.discard(key)
