"""Answers stored for five minutes by Idempotency-Key, whatever the second body contains."""

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
        """Load answers that are not older than five minutes."""
        self._store, self._clock = store, clock
        self._lock = Lock()
        self._kept = {record["key"]: record for record in store.all("answer")}
        self._in_flight: set[str] = set()

    def begin(self, key: str) -> dict[str, Any] | None:
        """The earlier answer, IN_FLIGHT, or None if the caller must process the request."""
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
        """Store a successful answer."""
        if not key or len(key) > IDEMPOTENCY_KEY_MAX:
            return
        record = {"key": key, "answer": answer, "until": self._clock.now() + IDEMPOTENCY_S}
        with self._lock:
            self._kept[key] = record
        self._store.save([("answer", key, record)])

    def finish(self, key: str) -> None:
        """Mark the key as no longer in flight."""
        with self._lock:
            self._in_flight.discard(key)
