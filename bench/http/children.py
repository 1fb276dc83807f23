"""Child processes of benchmarks: servers, the worker, the gateway."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from flask import Flask

from agentsys.config import PREFIX, Settings
from agentsys.demo.midtrans_simulator import SERVER_KEY
from agentsys.runtime import KEY

_READY_LIMIT_S = 60
_STOP_LIMIT_S = 15


def environment(app: Flask, *, port: int = 0, gateway: str = "", **more: str) -> dict[str, str]:
    """The environment variables for another process of the same app."""
    settings: Settings = app.extensions[KEY].settings
    values = {
        "database_url": settings.database_url,
        "instance": str(settings.instance),
        "secret_key": settings.secret_key.get_secret_value(),
        "field_keys": settings.field_keys.get_secret_value(),
        "index_key": settings.index_key.get_secret_value(),
        "midtrans_server_key": SERVER_KEY,
        "midtrans_base_url": gateway or "http://127.0.0.1:9",
        **({"port": str(port)} if port else {}),
        **more,
    }
    return {PREFIX + name.upper(): value for name, value in values.items()}


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def child(
    argv: Sequence[str], env: Mapping[str, str], *, log: Path, ready_url: str = ""
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m …` that answers when the block begins, and is stopped after it."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *argv],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
    try:
        if ready_url:
            _await(ready_url, process, log)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def server(
    app: Flask, folder: Path, which: str, name: str, port: int
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    """Our app or the bare one (`ours`, `bare`) on the server of this name."""
    return child(
        ["bench.http.serve", which, name],
        environment(app, port=port, log_level="INFO"),
        log=folder / f"{which}.log",
        ready_url=f"http://127.0.0.1:{port}/healthz",
    )


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_LIMIT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"it did not start:\n{log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(f"{url} does not answer:\n{log.read_text()[-2000:]}")
