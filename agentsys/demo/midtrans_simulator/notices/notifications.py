"""Notifications on their way to the merchant, repeated as the gateway's retry table says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urljoin

import requests

from agentsys.demo.midtrans_simulator.engine.clock import VirtualClock
from agentsys.demo.midtrans_simulator.engine.store import Record, Store
from agentsys.demo.midtrans_simulator.engine.vocabulary import (
    PROFILES,
    REDIRECTS_FOLLOWED,
    RETRIES,
    RETRIES_OTHERWISE,
)
from agentsys.demo.midtrans_simulator.faults.knobs import Knobs

HELD = 1e18  # never, until something sends it


@dataclass(kw_only=True)
class Notice:
    """One notification to one URL, and its delivery state."""

    number: int
    transaction_id: str
    order_id: str
    url: str
    body: str
    due_at: float
    headers: dict[str, str] = field(default_factory=dict)
    place: int = 0  # of notifications due at one time, the lower number is sent first
    state: str = "waiting"  # then delivered, or given_up
    attempts: int = 0
    outcome: str = ""

    def record(self) -> Record:
        """The values to store."""
        return ("notice", f"{self.number:012d}", asdict(self))


class Notifier:
    """Stores notifications and sends them, on demand or in a thread."""

    def __init__(self, *, store: Store, clock: VirtualClock, knobs: Knobs) -> None:
        """Load the undelivered notifications of the last process."""
        self._store, self._clock, self._knobs = store, clock, knobs
        self._lock = threading.RLock()
        self._wake = threading.Condition(self._lock)
        self._notices = {n["number"]: Notice(**n) for n in store.all("notice")}
        self._waiting = {k: n for k, n in self._notices.items() if n.state == "waiting"}
        self._sending: set[int] = set()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def prepare(
        self,
        *,
        transaction_id: str,
        order_id: str,
        urls: Iterable[str],
        body: dict[str, Any],
        signed_by: Callable[[str], dict[str, str]] | None = None,
        after_s: float = 0,
    ) -> list[Notice]:
        """New notices as the knobs want them; they go out after `post`, once they are saved.

        `signed_by` makes headers from the text of the body, for notices that are signed so.
        """
        if self._knobs.drop:
            return []
        text = json.dumps(self._spoilt(body))
        held = self._knobs.reorder and body.get("transaction_status") == "pending"
        due_at = HELD if held else self._clock.now() + self._knobs.delay_s + after_s
        with self._lock:
            first = len(self._notices)
            notices = [
                Notice(
                    number=first + index,
                    transaction_id=transaction_id,
                    order_id=order_id,
                    url=url,
                    body=text,
                    headers=signed_by(text) if signed_by else {},
                    due_at=due_at,
                )
                for index, url in enumerate(
                    url for url in urls if url for _ in range(self._knobs.duplicate)
                )
            ]
            self._notices.update({n.number: n for n in notices})
            return notices if held else notices + self._sent_now(transaction_id, due_at)

    def _spoilt(self, body: dict[str, Any]) -> dict[str, Any]:
        spoilt = body | self._knobs.notification_fields
        signature = body.get("signature_key")
        if signature is None:
            return spoilt
        if self._knobs.signature == "wrong":
            spoilt["signature_key"] = signature[::-1]
        elif self._knobs.signature == "truncated":
            spoilt["signature_key"] = signature[:64]
        elif self._knobs.signature == "missing":
            del spoilt["signature_key"]
        if self._knobs.relabel:
            spoilt["transaction_status"] = self._knobs.relabel
        return spoilt

    def _sent_now(self, transaction_id: str, due_at: float) -> list[Notice]:
        held = [
            n
            for n in self._waiting.values()
            if n.transaction_id == transaction_id and n.due_at == HELD
        ]
        for notice in held:
            # At the same moment, but after the news that overtook it.
            notice.due_at, notice.place = due_at, 1
        return held

    def post(self, notices: Iterable[Notice]) -> None:
        """Make these ready to send."""
        with self._wake:
            self._waiting.update({n.number: n for n in notices})
            self._wake.notify_all()

    def notices(self) -> list[dict[str, Any]]:
        """All notifications, oldest first."""
        with self._lock:
            return [asdict(n) for n in self._notices.values()]

    def send_again(self, number: int) -> Notice:
        """A copy of an earlier notice, on its way now; ValueError when there is none."""
        with self._lock:
            earlier = self._notices.get(number)
            if earlier is None:
                raise ValueError(f"no such notice: {number}")
            copy = replace(
                earlier,
                number=len(self._notices),
                due_at=self._clock.now(),
                place=0,
                state="waiting",
                attempts=0,
                outcome="",
            )
            self._notices[copy.number] = copy
        self._store.save([copy.record()])
        self.post([copy])
        return copy

    def next_due(self) -> float | None:
        """When the next notice is to be sent."""
        with self._lock:
            waiting = (n for k, n in self._waiting.items() if k not in self._sending)
            return min((n.due_at for n in waiting if n.due_at < HELD), default=None)

    def deliver_due(self, *, parallel: int = 1) -> list[str]:
        """Send all due notifications; return the merchant's answers."""
        with self._lock:
            now = self._clock.now()
            due = [n for k, n in self._waiting.items() if k not in self._sending]
            due = [n for n in due if n.due_at <= now]
            due.sort(key=lambda n: (n.due_at, n.place, n.number))
            self._sending.update(n.number for n in due)
        if parallel == 1 or len(due) < 2:
            return [self._send(notice) for notice in due]
        with ThreadPoolExecutor(max_workers=parallel) as pool:
            return list(pool.map(self._send, due))

    def _send(self, notice: Notice) -> str:
        outcome = self._posted(notice)
        with self._lock:
            notice.attempts += 1
            notice.outcome = outcome
            if outcome.startswith("2"):
                notice.state = "delivered"
            elif notice.attempts > RETRIES.get(outcome, RETRIES_OTHERWISE):
                notice.state = "given_up"
            else:
                intervals = PROFILES[self._knobs.profile].intervals_s
                notice.due_at = self._clock.now() + intervals[notice.attempts - 1]
            if notice.state != "waiting":
                self._waiting.pop(notice.number, None)
            self._sending.discard(notice.number)
            self._store.save([notice.record()])
        return outcome

    def _posted(self, notice: Notice) -> str:
        timeout = self._knobs.notify_timeout_s or PROFILES[self._knobs.profile].timeout_s
        url = notice.url
        try:
            with requests.Session() as session:
                session.trust_env = False
                for _ in range(REDIRECTS_FOLLOWED + 1):
                    answer = session.post(
                        url,
                        data=notice.body.encode(),
                        headers={
                            "User-Agent": "Veritrans",
                            "Accept": "application/json",
                            "Content-Type": "application/json",
                            **notice.headers,
                        },
                        timeout=timeout,
                        allow_redirects=False,
                    )
                    if answer.status_code not in (307, 308):
                        break
                    url = urljoin(url, answer.headers.get("Location", ""))
                return str(answer.status_code)
        except requests.Timeout:
            return "timeout"
        except requests.RequestException as error:
            return type(error).__name__

    def start(self, tick: Callable[[], None]) -> None:
        """Send in a thread until `stop`; `tick` is called before each round."""
        self._thread = threading.Thread(
            target=self._send_for_ever, args=(tick,), name="notifier", daemon=True
        )
        self._thread.start()

    def _send_for_ever(self, tick: Callable[[], None]) -> None:
        while not self._stopped.is_set():
            tick()
            if not self.deliver_due(parallel=4):
                with self._wake:
                    self._wake.wait(0.2)

    def stop(self) -> None:
        """Stop sending; what is left waits for the next process."""
        self._stopped.set()
        with self._wake:
            self._wake.notify_all()
        if self._thread:
            self._thread.join(timeout=30)
