"""The embedded server: several processes may use it; the last one to leave stops it."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

import psycopg
from psycopg import sql

from agentsys.console_texts import console_text as _
from agentsys.postgres import binaries as programs
from agentsys.postgres.cluster import (
    SUPERUSER,
    ensure_cluster,
    postmaster_pid,
    refuse_or_clear_lock_file,
    server_argv,
)
from agentsys.postgres.layout import PORT, Layout, make_layout
from agentsys.postgres.locks import (
    Participant,
    anybody_left,
    is_held,
    locked,
    open_lock,
    try_lock,
)
from agentsys.postgres.problem import PostgresProblem, from_os_error, from_output
from agentsys.postgres.stopping import STOP_LIMIT_S, exit_when_told_to_stop, shut_down, wait_until

DATABASE = "agentsys"

_PAUSE_S = 0.03
_SILENCE_LIMIT_S = 60
_RECOVERY_LIMIT_S = 600
_LOG_LIMIT_BYTES = 10_000_000


class EmbeddedPostgres:
    """A PostgreSQL server in the folder `home`, shared by all processes that start it."""

    def __init__(self, home: Path, *, durable: bool = True, install: Path | None = None) -> None:
        """Store the options; nothing runs before `start`.

        `durable=False` is for temporary servers of tests: a crash may lose their data.
        `install` names another PostgreSQL (a folder with bin, lib and share).
        """
        self._home = Path(home).absolute()
        self._durable = durable
        self._install = install
        self._layout: Layout | None = None
        self._participant: Participant | None = None

    def start(self) -> str:
        """Start the server, or join one that runs in the same home; return the database's URL.

        Fast if it already runs, so a supervisor may call it every second.
        """
        joined = self._participant is not None and self._participant.is_mine
        if joined and self.is_running():
            return self.url(DATABASE)
        with self._explained():
            layout = self._layout = make_layout(self._home, durable=self._durable)
            with locked(layout.lock, timeout_s=_RECOVERY_LIMIT_S):
                self._launch_and_join(layout)
            self._ensure_database(DATABASE)
        return self.url(DATABASE)

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on this server."""
        host = quote(str(self._known_layout().socket), safe="/")
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(database)}?host={host}&port={PORT}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database, as a copy of `template` if one is named."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        with self._connect(self._known_layout()) as connection:
            connection.execute(statement)

    def drop_database(self, name: str) -> None:
        """Drop a database, if it exists, and close its connections."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with self._connect(self._known_layout()) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """Leave; the server stops when the last of its participants leaves."""
        layout, participant = self._layout, self._participant
        if layout is None or participant is None or not participant.is_mine:
            return
        if not layout.base.is_dir():
            # The folders were deleted; the server notices that and stops.
            self._participant = None
            return
        with self._explained(), locked(layout.lock, timeout_s=_RECOVERY_LIMIT_S):
            participant.leave()
            self._participant = None
            atexit.unregister(self._leave_at_exit)
            if not anybody_left(layout.participants):
                shut_down(layout)

    def discard(self) -> None:
        """Stop a temporary server and delete its data; a durable one is never deleted."""
        self.stop()
        if self._durable:
            raise PostgresProblem(_("Data server yang tahan lama tidak dihapus oleh agentsys."))
        layout = self._layout
        if layout is not None and not is_held(layout.alive):
            for folder in (layout.base, layout.socket, self._home):
                shutil.rmtree(folder, ignore_errors=True)

    def stop_abandoned(self) -> None:
        """Stop the server of this home if all its participants ended without leaving."""
        if not (self._home / "participants").exists() and not (self._home / "location").exists():
            return
        with self._explained():
            layout = self._layout = make_layout(self._home, durable=self._durable)
            with locked(layout.lock, timeout_s=_RECOVERY_LIMIT_S):
                if not anybody_left(layout.participants):
                    shut_down(layout)

    def kill(self) -> None:
        """Kill the server's main process with SIGKILL, for crash tests; wait until all end."""
        layout, pid = self._known_layout(), self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not is_held(layout.alive), STOP_LIMIT_S)

    @property
    def pid(self) -> int | None:
        """The process id of the running server, if it runs."""
        layout = self._layout
        if layout is None or not is_held(layout.alive):
            return None
        return postmaster_pid(layout)

    def is_running(self) -> bool:
        """True if the server answers."""
        return self.pid is not None and self._state(self._known_layout()) == "ready"

    def __enter__(self) -> EmbeddedPostgres:
        """Start the server, and return this object."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave."""
        self.stop()

    def _known_layout(self) -> Layout:
        if self._layout is None:
            raise PostgresProblem(_("Server PostgreSQL belum dijalankan: panggil start() dahulu."))
        return self._layout

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise from_os_error(error, self._home) from error

    def _leave_at_exit(self, pid: int) -> None:
        if pid == os.getpid():
            self.stop()

    def _launch_and_join(self, layout: Layout) -> None:
        """Start the server if necessary, and join it; the caller holds `lock`."""
        exit_when_told_to_stop()
        try:
            if not self._answers_while_alive(layout):
                self._launch(layout)
            self._check_safety(layout)
            if self._participant is None or not self._participant.is_mine:
                self._participant = Participant(layout.participants)
                atexit.register(self._leave_at_exit, os.getpid())
        except BaseException:
            # A signal came before the participant was recorded: nobody else would stop the server.
            if self._participant is None and not anybody_left(layout.participants):
                shut_down(layout)
            raise

    def _answers_while_alive(self, layout: Layout) -> bool:
        """Wait: true when the server answers, false when all its processes have ended."""
        silent_since = began = time.monotonic()
        while is_held(layout.alive):
            state = self._state(layout)
            now = time.monotonic()
            if state == "ready":
                return True
            if state == "recovering":
                silent_since = now
            if now - silent_since > _SILENCE_LIMIT_S or now - began > _RECOVERY_LIMIT_S:
                raise PostgresProblem(
                    _(
                        "Server PostgreSQL berjalan tetapi tidak menjawab. Lihat catatan di {log}, "
                        "lalu jalankan lagi.",
                        log=layout.log,
                    )
                )
            time.sleep(_PAUSE_S)
        return False

    def _launch(self, layout: Layout) -> None:
        account = layout.account
        install = self._install or programs.find_binaries()
        binaries = programs.reachable_binaries(install, account, layout.base)
        major = programs.major_version(binaries, account)
        alive = open_lock(layout.alive)
        try:
            # Only a short is_held() of another process can block this lock here.
            wait_until(lambda: try_lock(alive), STOP_LIMIT_S)
            refuse_or_clear_lock_file(layout)
            ensure_cluster(layout, binaries, major=major, durable=self._durable, alive=alive)
            self._run_server(layout, binaries, alive)
        finally:
            os.close(alive)
        if not self._answers_while_alive(layout):
            with layout.log.open("rb") as log:
                log.seek(self._log_began)
                said = log.read().decode(errors="replace")
            raise from_output(said, layout.data, layout.log)

    def _run_server(self, layout: Layout, binaries: Path, alive: int) -> None:
        """Start the server detached from this process; it inherits the lock `alive` and its log."""
        if layout.log.exists() and layout.log.stat().st_size > _LOG_LIMIT_BYTES:
            layout.log.replace(layout.log.with_suffix(".log.1"))
        with layout.log.open("ab") as log:
            self._log_began = log.tell()
            argv = server_argv(layout, binaries, durable=self._durable)
            apart = ["/bin/sh", "-c", '"$@" &', "sh", *argv]
            layout.account.run(apart, cwd=layout.data, pass_fds=(alive,), output=log.fileno())

    def _connect(self, layout: Layout) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(layout.socket),
            port=PORT,
            user=SUPERUSER,
            dbname="postgres",
            connect_timeout=5,
            autocommit=True,
        )

    def _state(self, layout: Layout) -> str:
        """The state of the server: `ready`, `recovering` or `silent`."""
        try:
            self._connect(layout).close()
        except psycopg.OperationalError as error:
            return "recovering" if "the database system is" in str(error) else "silent"
        return "ready"

    def _check_safety(self, layout: Layout) -> None:
        if not self._durable:
            return
        with self._connect(layout) as connection:
            row = connection.execute("SHOW fsync").fetchone()
        if row != ("on",):
            raise PostgresProblem(
                _(
                    "Server PostgreSQL di {base} berjalan tanpa jaminan penyimpanan (server uji). "
                    "Hentikan server itu, atau pilih folder instance yang lain.",
                    base=layout.base,
                )
            )

    def _ensure_database(self, name: str) -> None:
        with self._connect(self._known_layout()) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
            if found.fetchone():
                return
        try:
            self.create_database(name)
        except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
            # Another process created it first.
            return
