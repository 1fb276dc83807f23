"""A WSGI app behind granian's RSGI: the whole request is read before a thread is spent on it."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from flask import Flask

_IN_MEMORY = 512 * 1024


class Door:
    """Reads slowly, answers quickly."""

    def __init__(self, app: Flask, *, threads: int, limit: int = 21 << 20, wait_s: float = 30):
        self._app, self._limit, self._wait_s = app, limit, wait_s
        self._pool = ThreadPoolExecutor(threads, "web")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        environ = self._environ(scope)
        body: IO[bytes] = tempfile.SpooledTemporaryFile(_IN_MEMORY)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > self._limit:
            protocol.response_str(413, [], "too large\n")
            return
        if length or "HTTP_TRANSFER_ENCODING" in environ:
            try:
                async with asyncio.timeout(self._wait_s):
                    async for part in protocol:
                        body.write(part)
                        if body.tell() > self._limit:
                            protocol.response_str(413, [], "too large\n")
                            return
            except TimeoutError:
                protocol.response_str(408, [], "too slow\n")
                return
        body.seek(0)
        environ["wsgi.input"] = body
        loop = asyncio.get_running_loop()
        protocol.response_bytes(*await loop.run_in_executor(self._pool, self._answer, environ))

    def _answer(self, environ: dict[str, Any]) -> tuple[int, list[tuple[str, str]], bytes]:
        said: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            said[:] = [int(status[:3]), headers]

        parts = self._app(environ, start)
        try:
            body = b"".join(parts)
        finally:
            getattr(parts, "close", lambda: None)()
        return said[0], said[1], body

    def _environ(self, scope: Any) -> dict[str, Any]:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": scope.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": scope.path,
            "QUERY_STRING": scope.query_string,
            "SERVER_NAME": scope.server.rpartition(":")[0],
            "SERVER_PORT": scope.server.rpartition(":")[2],
            "SERVER_PROTOCOL": "HTTP/" + scope.http_version,
            "REMOTE_ADDR": scope.client.rpartition(":")[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": scope.scheme,
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        for name, value in scope.headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + key] = value
        return environ
