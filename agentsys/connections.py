"""Connections to PostgreSQL, and detecting those that no longer get answers.

A host that disappears, or a proxy that hangs, does not close its connections. TCP detects the first
after a while, and never the second. So a thread watches the connections that wait for an answer. It
asks the server, over a new connection, whether it still works for the old one. If not, the old one
is closed.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
import weakref
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg._preparing import PrepareManager
from psycopg.abc import PQGen

log = structlog.get_logger("agentsys.connections")

STATEMENT_LIMIT_S = 15
PATIENCE_S = 10.0  # how long an answer may take before the server is asked about it
_LOOK_EVERY_S = 1.0
_PROBE_LIMIT_S = 5
_PREPARED = 400  # statements that a connection keeps prepared, more than all pages have
_AT_WORK = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'"

# Compiling a statement takes longer than any of ours runs.
_OPTIONS = (
    "-c jit=off -c timezone=UTC -c lock_timeout=3s"
    f" -c statement_timeout={STATEMENT_LIMIT_S}s -c idle_in_transaction_session_timeout=60s"
)

Answer = TypeVar("Answer")


def settings(application_name: str) -> dict[str, Any]:
    """Connection parameters in which every wait is bounded, for the web and for the worker."""
    return {
        "connect_timeout": 5,
        "tcp_user_timeout": 10_000,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "application_name": application_name,
        "options": _OPTIONS,
    }


class WatchedConnection(psycopg.Connection[Any]):
    """A connection that is closed if the server does not work on its waiting statement."""

    waiting_since = 0.0  # 0: nobody waits
    made_at = 0.0
    _parameters: dict[str, Any]
    _address: str

    @classmethod
    def connect(cls, conninfo: str = "", **parameters: Any) -> WatchedConnection:
        """A new connection, watched from now on."""
        made = super().connect(conninfo, **parameters)
        assert isinstance(made, WatchedConnection)
        made._address, made._parameters = conninfo, parameters
        made.made_at = time.monotonic()
        made.prepared_max = _PREPARED
        _watch.add(made)
        return made

    def rollback(self) -> None:
        """Roll back, and keep the prepared statements, as PostgreSQL does.

        Each page that only reads ends with a rollback. The library would drop what it prepared,
        and planning large queries for every page takes longer than running them.
        """
        kept, self._prepared = self._prepared, PrepareManager()
        try:
            super().rollback()
        finally:
            self._prepared = kept

    def wait(self, gen: PQGen[Answer], *args: Any, **options: Any) -> Answer:
        """Wait as any connection does, and record since when."""
        self.waiting_since = time.monotonic()
        try:
            return super().wait(gen, *args, **options)
        finally:
            self.waiting_since = 0.0

    def is_served(self) -> bool | None:
        """Whether the server works on the waiting statement; None if it cannot be reached."""
        parameters = {**self._parameters, "connect_timeout": _PROBE_LIMIT_S}
        for name in ("autocommit", "context", "row_factory", "cursor_factory"):
            parameters.pop(name, None)
        try:
            with _Probe.connect(self._address, autocommit=True, **parameters) as probe:
                return probe.execute(_AT_WORK, [self.info.backend_pid]).fetchone() is not None
        except psycopg.Error:
            return None

    def cut(self) -> None:
        """Close it: the waiting statement fails at once."""
        # libpq owns the descriptor; a copy of it reaches the same socket.
        with (
            contextlib.suppress(OSError, psycopg.Error),
            socket.socket(fileno=os.dup(self.fileno())) as same,
        ):
            same.shutdown(socket.SHUT_RDWR)


class _Probe(psycopg.Connection[Any]):
    """A connection with a time limit for every wait."""

    def wait(self, gen: PQGen[Answer], *args: Any, **options: Any) -> Answer:
        return super().wait(gen, *args, **{**options, "timeout": _PROBE_LIMIT_S})


class _Watch:
    """The thread that watches the connections of this process, and its results."""

    def __init__(self) -> None:
        self.begin_anew()

    def begin_anew(self) -> None:
        """Start without connections."""
        self._connections: weakref.WeakSet[WatchedConnection] = weakref.WeakSet()
        self._served_at: weakref.WeakKeyDictionary[WatchedConnection, float]
        self._served_at = weakref.WeakKeyDictionary()
        self._lock = threading.Lock()
        self._runs = False
        self._unreachable_at = 0.0
        self.last_cut = 0.0

    def add(self, connection: WatchedConnection) -> None:
        """Watch this connection too; start the thread if there is none."""
        with self._lock:
            if not self._runs:
                self._runs = True
                threading.Thread(target=self._run, name="connections", daemon=True).start()
            self._connections.add(connection)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            with self._lock:
                known = list(self._connections)
            for connection in known:
                try:
                    self._look_at(connection)
                except Exception:
                    log.exception("connection not looked at")

    def _look_at(self, connection: WatchedConnection) -> None:
        since = connection.waiting_since
        asked_at = self._served_at.get(connection, 0.0)
        if not since or time.monotonic() - max(since, asked_at) < PATIENCE_S:
            return
        # A server that was not reached just now is not asked about each of its connections.
        tried = connection.made_at < self._unreachable_at > time.monotonic() - _PROBE_LIMIT_S
        is_served = None if tried else connection.is_served()
        if is_served:
            self._served_at[connection] = time.monotonic()
            return
        if is_served is None:
            self._unreachable_at = time.monotonic()
        if connection.waiting_since == since:  # the answer may have come in between
            log.error("the database fell silent", waited_s=round(time.monotonic() - since))
            self.last_cut = time.monotonic()
            connection.cut()


_watch = _Watch()
# A forked process has none of its parent's threads, and uses none of its connections.
os.register_at_fork(after_in_child=_watch.begin_anew)


def limit_statements(connection: psycopg.Connection[Any], seconds: int) -> None:
    """Let the statements of an idle connection take at most that long, in later transactions."""
    as_it_was = connection.autocommit
    connection.autocommit = True  # else it would be undone with the transaction
    connection.execute(f"SET statement_timeout = '{seconds}s'")
    connection.autocommit = as_it_was


def is_suspect(connection: psycopg.Connection[Any]) -> bool:
    """Whether another connection got no answer since this one was opened: it may be lost too."""
    return isinstance(connection, WatchedConnection) and connection.made_at < _watch.last_cut
