"""Checks before a start: a free port, and exclusive use of the instance folder."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsys.console_texts import console_text as _


class CannotRun(Exception):
    """agentsys cannot run here now; the message is a sentence that says what to do."""


def free_port_or_explain(host: str, port: int, *, setting: str = "AGENTSYS_PORT") -> int:
    """Return the port if it is free; else raise, naming a free one and the setting."""
    try:
        _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotRun(
                _(
                    "Port {port} di {host} sedang dipakai program lain. Hentikan program itu, atau "
                    "pilih port lain: {setting}={other} ./dev run",
                    port=str(port),
                    host=host,
                    setting=setting,
                    other=str(_next_free(host, port)),
                )
            ) from error
        if error.errno == errno.EACCES:
            raise CannotRun(
                _(
                    "Port {port} hanya boleh dipakai root. Pilih port lain: {setting}={other} "
                    "./dev run",
                    port=str(port),
                    setting=setting,
                    other=str(_next_free(host, 8000)),
                )
            ) from error
        raise CannotRun(
            _(
                "Alamat {host} tidak ada di mesin ini. Isi AGENTSYS_HOST dengan alamat mesin "
                "ini, misalnya 127.0.0.1.",
                host=host,
            )
        ) from error
    return port


def different_ports_or_explain(host: str, port: int, other: int, *, setting: str) -> None:
    """Raise if two programs have the same port, naming another one and its setting."""
    if port == other:
        raise CannotRun(
            _(
                "Port {port} diminta dua kali: AGENTSYS_PORT dan {setting} sama. Pilih port "
                "lain: {setting}={other} ./dev run",
                port=str(port),
                setting=setting,
                other=str(_next_free(host, port)),
            )
        )


@contextmanager
def only_one(folder: Path, address: str) -> Iterator[None]:
    """Lock the instance folder for this run.

    If another run has locked it, raise an error that names that run's address.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / "running", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+", encoding="utf-8") as record:
        try:
            fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            where = record.read().strip() or folder
            raise CannotRun(
                _(
                    "agentsys sudah berjalan di sini: {where}. Buka alamat itu, atau hentikan yang "
                    "sedang berjalan (Ctrl-C di terminalnya) sebelum menjalankan lagi.",
                    where=where,
                )
            ) from None
        record.truncate(0)
        record.write(f"{address}\n")
        record.flush()
        yield
        record.seek(0)
        record.truncate(0)


def _bind(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _next_free(host: str, port: int) -> int:
    for candidate in range(port + 1, port + 50):
        try:
            _bind(host, candidate)
        except OSError:
            continue
        return candidate
    return port + 1000
