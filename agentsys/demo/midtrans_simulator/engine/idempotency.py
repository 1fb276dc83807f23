"""Answers kept for some minutes under the caller's key, whatever the second body says."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

from agentsys.demo.midtrans_simulator.engine.clock import VirtualClock
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.demo.midtrans_simulator.engine.vocabulary import IDEMPOTENCY_KEY_MAX


@dataclass(frozen=True)
class Reply:
    """The body of an answer and the HTTP status that goes with it."""

    body: Any
    http: int = 200

    @property
    def is_success(self) -> bool:
        """Whether the call did what was asked: a denied charge did not."""
        code = self.body.get("status_code", "200") if isinstance(self.body, dict) else "200"
        return self.http < 300 and code in ("200", "201")


IN_FLIGHT = Reply(
    {
        "status_code": "202",
        "status_message": "A request with the same Idempotency-Key is still in progress",
    },
    202,
)


class KeptAnswers:
    """Successful answers by Idempotency-Key; a key that is too long counts for nothing."""

    def __init__(self, *, store: Store, clock: VirtualClock) -> None:
        """Load answers that are not older than five minutes."""
        self._store, self._clock = store, clock
        self._lock = Lock()
        self._kept = {record["key"]: record for record in store.all("answer")}
        self._in_flight: set[str] = set()

    def begin(self, key: str) -> Reply | None:
        """The answer given before, one that says "in progress", or None: the work is yours."""
        if not key or len(key) > IDEMPOTENCY_KEY_MAX:
            return None
        with self._lock:
            if key in self._in_flight:
                return IN_FLIGHT
            kept = self._kept.get(key)
            if kept and kept["until"] > self._clock.now():
                return Reply(kept["answer"], kept.get("http", 201))
            self._in_flight.add(key)
            return None

    def keep(self, key: str, reply: Reply, *, seconds: int) -> None:
        """Store a successful answer."""
        if not key or len(key) > IDEMPOTENCY_KEY_MAX or not reply.is_success:
            return
        record = {
            "key": key,
            "answer": reply.body,
            "http": reply.http,
            "until": self._clock.now() + seconds,
        }
        with self._lock:
            self._kept[key] = record
        self._store.save([("answer", key, record)])

    def finish(self, key: str) -> None:
        """Mark the key as no longer in flight."""
        with self._lock:
            self._in_flight.discard(key)
