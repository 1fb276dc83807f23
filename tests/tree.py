"""Runs `agentsys run` in a separate folder, for tests from outside."""

from __future__ import annotations

import ctypes
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString, TypeVar

import psycopg
import requests

from agentsys.clock import VirtualTime
from agentsys.config import VIRTUAL_TIME

PASSWORD = "demo-agentsys"
SARI, RATNA, LINA, ANDI, NURUL = (f"0812-0000-{n:04d}" for n in (1, 11, 21, 31, 41))
_PR_SET_PDEATHSIG = 1
_PROGRAMS = {"web": "agentsys web", "worker": "agentsys worker", "simulator": "midtrans_simulator"}

Found = TypeVar("Found")


def wait_for(condition: Callable[[], Found], what: str, *, limit_s: float = 180) -> Found:
    """What the condition gives once it is true; fails, if it never is.

    The limit is generous, because other work on the machine can slow everything down.
    """
    deadline = time.monotonic() + limit_s
    while not (found := condition()):
        assert time.monotonic() < deadline, f"waited {limit_s:g} s in vain: {what}"
        time.sleep(0.05)
    return found


class Tree:
    """One `agentsys run` in its own folder: URLs, processes, commands."""

    def __init__(
        self,
        *,
        workers: int,
        database: str = "",
        ahead: timedelta | None = None,
        **settings: str,
    ) -> None:
        """Choose a folder and free ports; nothing is started yet.

        `database` is the URL of an external database, for `query`. `ahead` is how far the clock is
        advanced at first, and lets it be advanced where there is no demo city.
        """
        # Not below pytest's folder, which the account of the database may not read.
        self.folder = Path(tempfile.mkdtemp(prefix="agentsys-tree-"))
        self.folder.chmod(0o711)
        self._workers = workers
        if ahead is not None:
            file = self.folder / "instance" / VIRTUAL_TIME
            file.parent.mkdir()
            VirtualTime(file).write(ahead)
        port, simulator = _free_ports(2)
        self.url, self.simulator = (f"http://127.0.0.1:{n}" for n in (port, simulator))
        kept = {name: value for name, value in os.environ.items() if "AGENTSYS" not in name}
        self._env = kept | {
            "AGENTSYS_INSTANCE": str(self.folder / "instance"),
            "AGENTSYS_PORT": str(port),
            "AGENTSYS_SIMULATOR_PORT": str(simulator),
            "PYTHONUNBUFFERED": "1",
            **settings,
        }
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start everything and wait until it is ready."""
        with (self.folder / "said").open("ab") as said:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "agentsys", "run", "--workers", str(self._workers)],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                preexec_fn=_end_with_the_tests,  # noqa: PLW1509
            )
        try:
            wait_for(self._announced, "agentsys run says that it runs", limit_s=300)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> int:
        """Stop everything as Ctrl-C does, and delete the files; return the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(timeout=180)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        shutil.rmtree(self._database_folder(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        return code

    def said(self) -> str:
        """The output of all processes so far."""
        return (self.folder / "said").read_text(encoding="utf-8", errors="replace")

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one `agentsys` command on the same instance."""
        return subprocess.run(
            [sys.executable, "-m", "agentsys", *words],
            env=self._env,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def query(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, read directly."""
        embedded = f"host={self._database_folder() / 'socket'} user=agentsys dbname=agentsys"
        with psycopg.connect(self._database or embedded, connect_timeout=5) as connection:
            return connection.execute(statement, values).fetchall()

    def is_ready(self) -> bool:
        """True when web, database and simulator answer."""
        return _answers(f"{self.url}/readyz") and _answers(f"{self.simulator}/_sim/clock")

    def await_ready(self) -> None:
        """Wait until everything answers."""
        wait_for(self.is_ready, "everything answers again")

    def pid(self, name: str) -> int:
        """The process id of web, worker, simulator or database; 0 if it does not run."""
        if name == "database":
            return self._postmaster()
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        for number in children.read_text().split():
            try:
                line = Path(f"/proc/{number}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if _PROGRAMS[name] in line:
                return int(number)
        return 0

    def kill(self, name: str) -> int:
        """Kill -9 one of the processes without waiting; return its process id."""
        number = wait_for(lambda: self.pid(name), f"{name} runs")
        os.kill(number, signal.SIGKILL)
        return number

    def await_other(self, name: str, number: int) -> None:
        """Wait until a new process has replaced the killed one."""
        wait_for(lambda: self.pid(name) not in (0, number), f"{name} runs again")

    def _announced(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"agentsys run ended:\n{self.said()}"
        return "Ctrl-C" in self.said() and self.is_ready()

    def _postmaster(self) -> int:
        try:
            lines = (self._database_folder() / "data" / "postmaster.pid").read_text().split()
        except OSError:
            return 0
        return int(lines[0]) if lines and Path(f"/proc/{lines[0]}").exists() else 0

    def _database_folder(self) -> Path:
        home = self.folder / "instance" / "postgres"
        pointer = home / "location"
        return Path(pointer.read_text(encoding="utf-8").strip()) if pointer.exists() else home


def _end_with_the_tests() -> None:
    # A killed test run cleans up nothing; on Linux the kernel then ends the children.
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _free_ports(count: int) -> list[int]:
    """Free ports below the range that the kernel uses for outgoing connections."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
        if len(found) == count:
            return found
    raise AssertionError("no free ports between 20000 and 32000")
