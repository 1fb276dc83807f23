"""What happens by itself when its time has come: confirmations, settlements, recurring charges."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

Action = Callable[[], None]


class Agenda:
    """Actions in the order of their moments; its callers hold the gateway's lock."""

    def __init__(self) -> None:
        """Start with nothing to do."""
        self._entries: list[tuple[float, int, Action]] = []
        self._numbers = count()

    def at(self, moment: float, action: Action) -> None:
        """Do this once the clock has reached the moment."""
        heapq.heappush(self._entries, (moment, next(self._numbers), action))

    def next_due(self) -> float | None:
        """The moment of the next action."""
        return self._entries[0][0] if self._entries else None

    def run_due(self, now: float) -> None:
        """Do all that is due, earliest first, also what that adds."""
        while self._entries and self._entries[0][0] <= now:
            heapq.heappop(self._entries)[2]()
