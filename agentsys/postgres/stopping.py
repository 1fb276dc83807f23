"""Stopping a server, and leaving it when a process gets a signal to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from agentsys.console_texts import console_text as _
from agentsys.postgres.cluster import postmaster_pid
from agentsys.postgres.layout import Layout
from agentsys.postgres.locks import is_held
from agentsys.postgres.problem import PostgresProblem

STOP_LIMIT_S = 60
_PAUSE_S = 0.03
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGHUP)
_KILLED_BY = 128  # what shells add to a signal's number


def _exit(number: int) -> BaseException:
    return SystemExit(_KILLED_BY + number)


def exit_when_told_to_stop(raised: Callable[[int], BaseException] = _exit) -> None:
    """Raise an exception at SIGTERM or SIGHUP, which would end the process at once otherwise.

    So `finally` blocks and exit handlers run, and stop the servers that this process started.
    `raised` makes the exception from the signal's number; by default it is `SystemExit`.
    Existing signal handlers of a program are kept.
    """
    if threading.current_thread() is not threading.main_thread():
        return

    def end(number: int, _: FrameType | None) -> None:
        # A second one must not interrupt what stops the servers.
        for each in _STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise raised(number)

    for number in _STOP_SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


def shut_down(layout: Layout) -> None:
    """Stop the server of these folders and wait until all its processes are gone."""
    # A server that was just started may not have written its process id yet.
    wait_until(
        lambda: not is_held(layout.alive) or postmaster_pid(layout) is not None, STOP_LIMIT_S
    )
    for number, limit_s in ((signal.SIGINT, STOP_LIMIT_S), (signal.SIGQUIT, 10)):
        pid = postmaster_pid(layout) if is_held(layout.alive) else None
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, number)
        if wait_until(lambda: not is_held(layout.alive), limit_s):
            return
    raise PostgresProblem(
        _(
            "Server PostgreSQL (proses {pid}) tidak mau berhenti. Lihat catatan di {log}.",
            pid=str(pid),
            log=layout.log,
        )
    )


def wait_until(condition: Callable[[], bool], limit_s: float) -> bool:
    """Wait for the condition; return whether it became true in that time."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_S)
    return True
