"""What every part of the simulated gateway shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from agentsys.demo.midtrans_simulator.engine.agenda import Agenda
from agentsys.demo.midtrans_simulator.engine.clock import VirtualClock
from agentsys.demo.midtrans_simulator.engine.store import Record, Store
from agentsys.demo.midtrans_simulator.faults.knobs import Knobs
from agentsys.demo.midtrans_simulator.notices.notifications import Notifier

SERVER_KEY = "SB-Mid-server-simulator"
CLIENT_KEY = "SB-Mid-client-simulator"
CREATOR_KEY = "IRIS-creator-simulator"
APPROVER_KEY = "IRIS-approver-simulator"
PAYOUT_MERCHANT_KEY = "IRIS-merchant-simulator"


# What changed (order, account, payout, subscription), its ids, the first one unique, and its state.
Watcher = Callable[[str, tuple[str, ...], str], None]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The merchant's keys."""

    server: str = SERVER_KEY
    more_servers: tuple[str, ...] = ()  # accepted as well; notifications are signed with `server`
    clients: tuple[str, ...] = (CLIENT_KEY,)
    creator: str = CREATOR_KEY
    approver: str = APPROVER_KEY
    payout_merchant: str = PAYOUT_MERCHANT_KEY

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server key that may call."""
        return (self.server, *self.more_servers)


@dataclass(frozen=True, kw_only=True)
class Context:
    """One merchant's keys, clock, settings, file and notifications."""

    keys: Keys
    store: Store
    clock: VirtualClock
    knobs: Knobs
    notifier: Notifier
    public_url: str = ""
    agenda: Agenda = field(default_factory=Agenda)
    lock: RLock = field(default_factory=RLock)
    watchers: list[Watcher] = field(default_factory=list)

    def now(self) -> float:
        """The time on the virtual clock."""
        return self.clock.now()

    def changed(self, kind: str, ids: tuple[str, ...], status: str) -> None:
        """Report a stored change to all watchers."""
        for watcher in self.watchers:
            watcher(kind, ids, status)

    def save_and_notify(
        self,
        record: Record,
        *,
        subject_id: str,
        url: str,
        body: dict[str, Any],
        signed_by: Callable[[str], dict[str, str]] | None = None,
    ) -> None:
        """Remember a change and tell the merchant of it, at `url` or where payments are told."""
        notices = self.notifier.prepare(
            transaction_id=subject_id,
            order_id="",
            urls=[url or self.knobs.notify_url],
            body=body,
            signed_by=signed_by,
        )
        self.store.save([record, *(notice.record() for notice in notices)])
        self.notifier.post(notices)
