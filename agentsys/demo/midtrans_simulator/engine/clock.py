"""A clock that can be advanced, so that tests need not wait for an expiry."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from agentsys.clock import VirtualTime
from agentsys.demo.midtrans_simulator.engine.store import Store
from agentsys.demo.midtrans_simulator.engine.vocabulary import WIB


class VirtualClock:
    """Real time plus the seconds by which it was advanced; stored for restarts."""

    def __init__(self, store: Store, shared: VirtualTime | None = None) -> None:
        """Continue with the stored advance, or with that of the programs that share the clock."""
        self._store, self._shared = store, shared
        stored = sum(record["offset_s"] for record in store.all("clock"))
        others = shared.advanced().total_seconds() if shared else 0
        self._offset_s = max(stored, others)
        self._share()

    def now(self) -> float:
        """Seconds since 1970 on this clock."""
        return time.time() + float(self._offset_s)

    def advance(self, seconds: float) -> None:
        """Advance the clock; ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self._offset_s += seconds
        self._store.save([("clock", "offset", {"offset_s": self._offset_s})])
        self._share()

    def _share(self) -> None:
        if self._shared:
            self._shared.write(timedelta(seconds=float(self._offset_s)))


def gateway_time(moment: float) -> str:
    """A time in the gateway's format: Jakarta time, without a zone."""
    return datetime.fromtimestamp(moment, UTC).astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")


def iso_time(moment: float) -> str:
    """A moment as subscriptions and payouts write it: UTC, to the microsecond."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
