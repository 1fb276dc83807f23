"""The web server as a process, for tests of slow clients and stops."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT_S = 30.0

THREADS = 2

APP = """
import os, pathlib, sys, time
from flask import Flask, request
from agentsys.config import load
from agentsys.web import rsgi
from agentsys.web.server import serve
app = Flask("tried")
started, free = pathlib.Path(sys.argv[2]) / "started", pathlib.Path(sys.argv[2]) / "free"

@app.route("/pembina/daftar", methods=["POST"])
@app.route("/sponsor/perjanjian/7/daftar", methods=["POST"])
@app.route("/callbacks/gopay", methods=["POST"])
@app.route("/echo", methods=["GET", "POST"])
def echo():
    return dict(request.headers) | {"length": len(request.get_data()), "process": os.getpid()}

@app.get("/healthz")
def health():
    return "ok"

@app.post("/callbacks/wait")
@app.get("/wait")
def wait():
    started.touch()
    with (started.parent / "waiting").open("a") as waiting:
        waiting.write("x")
    while not free.exists():
        time.sleep(0.01)
    return "waited"

rsgi._PAGE_WAITS_S = float([*sys.argv, "10"][4])
serve(app, load(port=int(sys.argv[1]), web_threads=int(sys.argv[3]), upload_mb=1))
"""


def wait_for(condition: Callable[[], Any]) -> Any:
    """Wait for a true value of the condition, and return it; fail after a time limit."""
    deadline = time.monotonic() + LIMIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
    return found


class Tried:
    """A server on a port, and raw requests to it."""

    def __init__(
        self, folder: Path, *, host: str = "127.0.0.1", page_waits_s: float = 10, **settings: str
    ) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                APP,
                str(self.port),
                str(folder),
                str(THREADS),
                str(page_waits_s),
            ],
            env={
                **os.environ,
                "AGENTSYS_INSTANCE": str(folder / "instance"),
                "AGENTSYS_HOST": host,
                **settings,
            },
        )
        wait_for(self.answers)

    def connect(self, data: bytes) -> socket.socket:
        """Open a connection and send these bytes."""
        made = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_S)
        made.sendall(data)
        return made

    def send(self, head: str, body: bytes = b"") -> str:
        """The whole answer to a request."""
        lines = f"{head}\r\nHost: h\r\nConnection: close\r\n\r\n".encode()
        with self.connect(lines + body) as made:
            return answer_on(made)

    def answers(self) -> bool:
        """Whether the server answers."""
        try:
            return "200 OK" in self.send("GET /echo HTTP/1.1")
        except OSError:
            return False


def answer_on(connection: socket.socket) -> str:
    """Everything until the server closes the connection."""
    parts = iter(lambda: connection.recv(65_536), b"")
    return b"".join(parts).decode()


def lives(pid: int) -> bool:
    """True if the process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
