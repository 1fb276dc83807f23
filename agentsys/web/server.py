"""The web server: granian; chosen by measurement, see docs/decisions/0009-the-web-server.md."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server import Server

from agentsys.config import Settings
from agentsys.ports import free_port_or_explain
from agentsys.scans.kinds import MOST_BYTES as MOST_SCAN_BYTES
from agentsys.sheets.tables import MOST_BYTES
from agentsys.web.callbacks import MAX_BYTES
from agentsys.web.rsgi import RsgiAdapter
from agentsys.web.security import largest_bodies

_HEAD_LIMIT_MS = 15_000
_STOP_LIMIT_S = 10
_PR_SET_PDEATHSIG = 1


def serve(app: Flask, settings: Settings) -> None:
    """Serve the app until the process receives a signal to stop."""
    free_port_or_explain(settings.host, settings.port)
    if sys.platform != "win32":
        # The app is ready here, and cannot be sent to a process that starts from nothing.
        multiprocessing.set_start_method("fork", force=True)
    server = Server(
        "agentsys.web.server:serve",
        address=_numeric(settings.host),
        port=settings.port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=_HEAD_LIMIT_MS),
        websockets=False,
        backlog=2_048,
        respawn_failed_workers=True,
        workers_kill_timeout=_STOP_LIMIT_S,
        log_enabled=False,
    )
    load: Callable[[], Any] = partial(_adapter, app, settings, os.getpid())
    server.serve(target_loader=load, wrap_loader=False)


def _numeric(host: str) -> str:
    """The IP address of a name such as localhost, because granian accepts no names."""
    return host if ":" in host else socket.gethostbyname(host)


def _adapter(app: Flask, settings: Settings, parent: int) -> RsgiAdapter:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)
    return RsgiAdapter(
        app,
        threads=settings.web_threads,
        largest=largest_by_path(settings),
        https_only=settings.cookies_over_https,
    )


def largest_by_path(settings: Settings) -> dict[str, int]:
    """The largest body by path: only a few pages accept files, and a callback is short."""
    megabyte = 1024 * 1024
    lists, scan, table = (settings.upload_mb * megabyte, MOST_SCAN_BYTES, MOST_BYTES)
    files = {
        "/pembina/daftar": lists,
        "/sponsor/perjanjian": lists,
        "/keuangan/mutasi": lists,
        "/pembina/tim": scan,
        "/rekening-agen": scan,
        "/akun/rekening": scan,
        "/setoran": scan,
        "/keuangan/setoran-bpjs": scan,
        "/kantor/pekerja": table,
        "/tarif": table,
    }
    with_their_forms = {path: most + megabyte for path, most in files.items()}
    return {**with_their_forms, "/callbacks/": MAX_BYTES, **largest_bodies()}
