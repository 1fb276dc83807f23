"""Checking that a port can be used, before a program is started on it."""

from __future__ import annotations

import errno
import socket

from agentsys.processes import CannotRun


def free_port_or_explain(host: str, port: int, *, setting: str = "AGENTSYS_PORT") -> int:
    """Give the port back if it is free; else raise, naming one that is and what sets it."""
    try:
        _bind(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotRun(
                f"Port {port} di {host} sedang dipakai program lain. Hentikan program itu, atau "
                f"pilih port lain: {setting}={_next_free(host, port)} ./dev run"
            ) from error
        if error.errno == errno.EACCES:
            raise CannotRun(
                f"Port {port} hanya boleh dipakai root. Pilih port lain: "
                f"{setting}={_next_free(host, 8000)} ./dev run"
            ) from error
        raise CannotRun(
            f"Alamat {host} tidak ada di mesin ini. Isi AGENTSYS_HOST dengan alamat mesin ini, "
            "misalnya 127.0.0.1."
        ) from error
    return port


def different_ports_or_explain(host: str, port: int, other: int, *, setting: str) -> None:
    """Raise if two programs are to have one port, naming another for the second and its setting."""
    if port == other:
        raise CannotRun(
            f"Port {port} diminta dua kali: AGENTSYS_PORT dan {setting} sama. Pilih port lain: "
            f"{setting}={_next_free(host, port)} ./dev run"
        )


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
