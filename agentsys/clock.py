"""The current time; no other module reads the clock."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from agentsys.months import month_of


class VirtualTime:
    """How far a demo's clock was advanced, in a file that all its processes read."""

    def __init__(self, file: Path) -> None:
        """Follow this file; it need not exist yet."""
        self._file = file
        self._read: tuple[int, int] | None = None
        self._advanced = timedelta()

    def advanced(self) -> timedelta:
        """How far, as the file says now."""
        try:
            found = self._file.stat()
            version = (found.st_ino, found.st_mtime_ns)
            if version != self._read:
                self._advanced = timedelta(seconds=float(self._file.read_text()))
                self._read = version
        except FileNotFoundError:
            return self._advanced
        return self._advanced

    def write(self, advanced: timedelta) -> None:
        """Advance the clocks of all processes that read the file."""
        partial = self._file.with_suffix(".partial")
        partial.write_text(f"{advanced.total_seconds()}\n")
        os.replace(partial, self._file)


_followed: VirtualTime | None = None


def follow(file: Path | None) -> None:
    """Read the time from a demo's virtual clock from now on; None: the real time."""
    global _followed  # noqa: PLW0603
    _followed = VirtualTime(file) if file else None


def is_virtual() -> bool:
    """Whether this is a demo whose clock can be advanced."""
    return _followed is not None


def advanced() -> timedelta:
    """How far the clock of a demo was advanced; nothing in a real system."""
    return _followed.advanced() if _followed else timedelta()


def now() -> datetime:
    """The present moment, in UTC."""
    moment = datetime.now(UTC)
    return moment + _followed.advanced() if _followed else moment


def this_month() -> date:
    """The current contribution month in the head office's time zone."""
    return month_of(now())
