"""Helpers for tests of the embedded server."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

LIMIT_S = 30.0
IS_ROOT = os.geteuid() == 0


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until the condition holds; fail after a time limit."""
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    """Connect as the application would, by the URL."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def ask(url: str, statement: str) -> object:
    """The one value that the statement gives."""
    with connect(url) as connection:
        row = connection.execute(statement).fetchone()
    return row[0] if row else None


def note(url: str, text: str) -> None:
    """Store a row that must not get lost."""
    with connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (text text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder, with their contents."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


PARTICIPANT = """
    import sys
    from pathlib import Path
    from agentsys.postgres import EmbeddedPostgres
    server = EmbeddedPostgres(Path(sys.argv[1]), durable=False)
    server.start()
    print(server.pid, flush=True)
    sys.stdin.read()
    server.stop()
"""


@contextmanager
def other_process(home: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that uses the server in `home` until its input is closed."""
    argv = [sys.executable, "-c", textwrap.dedent(PARTICIPANT), str(home)]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, text=True) as process:
        yield process
        process.kill()


def its_server(process: subprocess.Popen[str]) -> int:
    """The server's process id, as the other process sees it once it has joined."""
    assert process.stdout is not None
    return int(process.stdout.readline())
