"""A clock that can be pushed forward, so that nobody waits fifteen minutes for an expiry."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from agentsys.demo.midtrans_simulator.store import Store
from agentsys.demo.midtrans_simulator.vocabulary import WIB


class VirtualClock:
    """Real time plus all the seconds that it was advanced by, which a restart remembers."""

    def __init__(self, store: Store) -> None:
        """Go on from where the last process left the clock."""
        self._store = store
        self._offset_s = sum(record["offset_s"] for record in store.all("clock"))

    def now(self) -> float:
        """Seconds since 1970 on this clock."""
        return time.time() + float(self._offset_s)

    def advance(self, seconds: float) -> None:
        """Push the clock forward; ValueError for a push backward."""
        if seconds < 0:
            raise ValueError("the clock goes forward only")
        self._offset_s += seconds
        self._store.save([("clock", "offset", {"offset_s": self._offset_s})])


def gateway_time(moment: float) -> str:
    """A moment as the gateway writes it: Jakarta's clock, and no zone."""
    return datetime.fromtimestamp(moment, UTC).astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")
