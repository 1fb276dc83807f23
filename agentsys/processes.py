"""A small tree of processes: started in order, restarted when one dies, stopped in reverse."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from agentsys.console_texts import console_text as _

_TICK_S = 0.1
_WATCH_EVERY_S = 1.0
_READY_LIMIT_S = 60.0
_GRACE_S = 15.0
_FIRST_BACKOFF_S = 0.5
_LAST_BACKOFF_S = 10.0
_STEADY_S = 30.0
_PR_SET_PDEATHSIG = 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class ProcessSpec:
    """One process of the tree: its name, its command, and how to find out that it is ready."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: Callable[[], bool] | None = None


class _Child:
    """A process that is kept alive until it is told to stop."""

    def __init__(self, spec: ProcessSpec, say: Say) -> None:
        self.spec = spec
        self._say = say
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._backoff_s = _FIRST_BACKOFF_S
        self._again_at = 0.0

    def start(self) -> None:
        """Run the program in a group of its own, so that Ctrl-C reaches only the supervisor."""
        self._began = time.monotonic()
        try:
            self._process = subprocess.Popen(
                self.spec.argv,
                env={**os.environ, **self.spec.env},
                stdin=subprocess.DEVNULL,
                process_group=0,
                preexec_fn=_die_with(os.getpid()),  # noqa: PLW1509
            )
        except OSError as error:
            self._process = None
            self._plan_restart(error.strerror or str(error))

    @property
    def runs(self) -> bool:
        """True while the process runs."""
        return self._process is not None and self._process.poll() is None

    def tend(self) -> None:
        """Restart the process if it has ended and its pause is over."""
        if self._process is not None and (code := self._process.poll()) is not None:
            self._signal_group(signal.SIGKILL)
            self._process = None
            self._plan_restart(_exit_reason(code))
        elif self._process is None and time.monotonic() >= self._again_at:
            self.start()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        if self.runs and self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """Kill the process and its whole process group."""
        if self._process is not None:
            self._signal_group(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _plan_restart(self, reason: str) -> None:
        if time.monotonic() - self._began > _STEADY_S:
            self._backoff_s = _FIRST_BACKOFF_S
        pause = self._backoff_s
        self._backoff_s = min(pause * 2, _LAST_BACKOFF_S)
        self._again_at = time.monotonic() + pause
        self._say(
            _(
                "{name} berhenti ({reason}); dijalankan lagi dalam {pause} detik.",
                name=self.spec.name,
                reason=reason,
                pause=f"{pause:g}",
            )
        )

    def _signal_group(self, number: signal.Signals) -> None:
        # A group keeps the id of its first process, also after that one has ended.
        assert self._process is not None
        try:
            os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            return


class _StopRequest:
    """What the received signals ask for: continue, stop, or stop at once."""

    def __init__(self, stop_event: threading.Event) -> None:
        self.stop = stop_event
        self.at_once = False

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: the first one stops, a second SIGINT stops at once."""
        self.at_once = self.at_once or (self.stop.is_set() and number == signal.SIGINT)
        self.stop.set()


def run_tree(
    specs: Sequence[ProcessSpec],
    *,
    stop_event: threading.Event | None = None,
    watch: Callable[[], None] | None = None,
    on_ready: Callable[[], None] | None = None,
    say: Say | None = None,
) -> None:
    """Run the processes until SIGINT, SIGTERM or `stop_event`; return when all have ended.

    `watch` is called every second, for other processes such as the database. `on_ready` is called
    once, when all processes are ready.
    """
    tell = say or _say_on_stderr
    request = _StopRequest(stop_event or threading.Event())
    children = [_Child(spec, tell) for spec in specs]
    started: list[_Child] = []
    with _signals_to(request.receive):
        try:
            for child in children:
                started.append(child)
                child.start()
                _await_ready(child, started, request, tell)
            if on_ready is not None and not request.stop.is_set():
                on_ready()
            _tend(started, request, watch, tell)
        finally:
            _stop_all(started, request, tell)


def _await_ready(child: _Child, started: list[_Child], request: _StopRequest, tell: Say) -> None:
    ready = child.spec.ready
    deadline = time.monotonic() + _READY_LIMIT_S
    while ready is not None and not request.stop.is_set():
        for other in started:
            other.tend()
        if child.runs and ready():
            return
        if time.monotonic() > deadline:
            tell(
                _(
                    "{name} belum siap setelah {ready_limit_s} detik; tetap dicoba.",
                    name=child.spec.name,
                    ready_limit_s=f"{_READY_LIMIT_S:g}",
                )
            )
            return
        request.stop.wait(_TICK_S)


def _tend(
    children: list[_Child], request: _StopRequest, watch: Callable[[], None] | None, tell: Say
) -> None:
    watched_at, trouble = 0.0, ""
    while not request.stop.wait(_TICK_S):
        if watch is not None and time.monotonic() - watched_at >= _WATCH_EVERY_S:
            trouble = _watched(watch, trouble, tell)
            watched_at = time.monotonic()
        for child in children:
            child.tend()


def _stop_all(children: list[_Child], request: _StopRequest, tell: Say) -> None:
    for child in reversed(children):
        child.ask_to_stop()
        deadline = time.monotonic() + _GRACE_S
        while child.runs and not request.at_once and time.monotonic() < deadline:
            time.sleep(_TICK_S / 5)
        if child.runs:
            tell(_("{name} tidak berhenti sendiri; dihentikan paksa.", name=child.spec.name))
        child.kill()


def _watched(watch: Callable[[], None], trouble: str, tell: Say) -> str:
    """Call the watch; report its problem, but the same one only once."""
    try:
        watch()
    except Exception as error:
        if str(error) != trouble:
            tell(str(error))
        return str(error)
    return ""


@contextmanager
def _signals_to(receive: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, receive) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _die_with(parent: int) -> Callable[[], None] | None:
    """Make Linux end the child when its supervisor is killed; other systems cannot do this."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def _exit_reason(code: int) -> str:
    return (
        _("sinyal {name}", name=signal.Signals(-code).name)
        if code < 0
        else _("kode {code}", code=str(code))
    )


def _say_on_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
