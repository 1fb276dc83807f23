"""The adapter between granian and the app: it reads a request before it uses a thread.

Granian's own WSGI mode assigns a thread to a request when its headers have arrived, so a few slow
bodies can block every thread. Here the event loop waits for bodies, and threads never do.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

import structlog

log = structlog.get_logger("agentsys.web")

Headers = list[tuple[str, str]]
Answer = tuple[int, Headers, bytes]
WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

_IN_MEMORY = 512 * 1024
_PATIENCE_S = 30.0
_SLOWEST_BYTES_PER_S = 4_000  # the slowest accepted upload
_LARGEST = 1024 * 1024
_DISCARDED = 64 * 1024 * 1024  # how much of a refused body is still read
_PAUSE_S = 2.0  # a client that sends nothing for this long has received the refusal
_MOST_WAITING = 512 * 1024 * 1024  # bytes of all bodies, so that uploads cannot fill the disk
_TEXT: Headers = [
    ("content-type", "text/plain; charset=utf-8"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cache-control", "no-store"),
]
_BESIDE_PAGES = 2  # of the threads no page takes: the processor is left to callbacks too
_PAGE_WAITS_S = 10.0  # how long a page waits for a thread; then it is answered with 503
_MOST_PAGES_WAITING = 200
_CALLBACKS, _ALIVE, _STATES = "/callbacks/", "/healthz", ("/readyz", "/metrics")
_BUSY = (
    b"Sistem sedang sibuk. Coba lagi sebentar lagi.\nThe system is busy. Try again in a moment.\n"
)
HTTPS_ONLY = "max-age=63072000; includeSubDomains"  # two years, for browsers
REFUSED = "agentsys.refused"  # environ key: the status of the error page that the app must render
_UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class RsgiAdapter:
    """Adapter that runs a WSGI application as RSGI, with a fixed number of threads.

    `largest` is the largest body by prefix of the path; for other paths it is 1 MB. Pages,
    callbacks and health checks have threads of their own: callbacks that wait for the database
    keep nobody from a page, and the check of liveness never waits for others.
    """

    def __init__(
        self, app: WSGI, *, threads: int, largest: Mapping[str, int], https_only: bool = False
    ) -> None:
        """Start no thread yet; `https_only` adds the HSTS header to answers made here."""
        secure = [("strict-transport-security", HTTPS_ONLY)] if https_only else []
        self._text = [*_TEXT, *secure]
        self._app, self._largest = app, dict(largest)
        for_pages = max(1, threads - _BESIDE_PAGES)
        self._threads = ThreadPoolExecutor(for_pages, "web")
        self._beside = {
            _CALLBACKS: ThreadPoolExecutor(max(threads, _BESIDE_PAGES), "callback"),
            _ALIVE: ThreadPoolExecutor(1, "alive"),
            **{path: ThreadPoolExecutor(1, "state") for path in _STATES},
        }
        self._pages = asyncio.Semaphore(for_pages)
        self._pages_waiting = 0
        self._waiting = 0  # bytes of bodies of requests that are not answered yet

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        environ = _environ(scope)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as body:
            try:
                refusal = await self._read(protocol, environ, body)
                answer = await self._turn_away(refusal, environ) if refusal else None
                if answer is None:
                    environ["wsgi.input"] = body
                    answer = await self._in_thread(environ)
            finally:
                self._waiting -= body.seek(0, io.SEEK_END)
        protocol.response_bytes(*answer)

    async def _turn_away(self, status: int, environ: dict[str, Any]) -> Answer:
        """Refuse a request: an empty answer for programs, the app's error page for people."""
        if "text/html" not in environ.get("HTTP_ACCEPT", ""):
            return status, [*self._text, ("retry-after", "10")], b""
        environ |= {REFUSED: status, "CONTENT_LENGTH": "0", "wsgi.input": io.BytesIO()}
        _, headers, body = await self._in_thread(environ)
        return status, headers, body

    async def _in_thread(self, environ: dict[str, Any]) -> Answer:
        """The app's answer; a page waits for a thread, but only for a limited time."""
        loop = asyncio.get_running_loop()
        for path, threads in self._beside.items():
            if environ["PATH_INFO"].startswith(path):
                return await loop.run_in_executor(threads, self._answer, environ)
        if self._pages_waiting >= _MOST_PAGES_WAITING:
            return self._busy()
        self._pages_waiting += 1
        try:
            async with asyncio.timeout(_PAGE_WAITS_S):
                await self._pages.acquire()
        except TimeoutError:
            return self._busy()
        finally:
            self._pages_waiting -= 1
        try:
            return await loop.run_in_executor(self._threads, self._answer, environ)
        finally:
            self._pages.release()

    def _busy(self) -> Answer:
        """A fixed answer, because a page of the app would need a free thread."""
        return 503, [*self._text, ("retry-after", "5")], _BUSY

    async def _read(self, protocol: Any, environ: dict[str, Any], body: IO[bytes]) -> int | None:
        """Read the body; return the status of a refusal, or None.

        A refused body is read for a while, because a client that still sends reads no response.
        """
        announced = environ.get("CONTENT_LENGTH", "0")
        most = self._most(environ["PATH_INFO"])
        if not announced.isdecimal():
            return 400
        if announced == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return None
        refusal = 413 if int(announced) > most else None
        loop = asyncio.get_running_loop()
        began, received = loop.time(), 0
        try:
            async with asyncio.timeout(_PAUSE_S if refusal else _PATIENCE_S) as patience:
                async for part in protocol:
                    received += len(part)
                    if refusal is None and received > most:
                        refusal = 413
                    elif refusal is None and self._waiting + len(part) > _MOST_WAITING:
                        refusal = 503
                    if refusal is None:
                        body.write(part)
                        self._waiting += len(part)
                        patience.reschedule(began + _PATIENCE_S + received / _SLOWEST_BYTES_PER_S)
                    elif received > _DISCARDED:
                        return refusal
                    else:
                        patience.reschedule(min(loop.time() + _PAUSE_S, began + _PATIENCE_S))
        except TimeoutError:
            return refusal or 408
        if refusal is not None:
            return refusal
        # Granian does not tell a body that was cut off from a complete one.
        whole = received == int(environ.get("CONTENT_LENGTH", received))
        body.seek(0)
        environ["CONTENT_LENGTH"] = str(received)
        return None if whole else 400

    def _most(self, path: str) -> int:
        return next(
            (most for start, most in self._largest.items() if path.startswith(start)), _LARGEST
        )

    def _answer(self, environ: dict[str, Any]) -> Answer:
        status, headers = 500, self._text

        def start(line: str, fields: Headers, _: Any = None) -> None:
            nonlocal status, headers
            status, headers = int(line[:3]), fields

        try:
            parts = self._app(environ, start)
            try:
                return status, headers, b"".join(parts)
            finally:
                if hasattr(parts, "close"):
                    parts.close()
        except Exception:
            log.exception("bug outside the app", path=environ["PATH_INFO"])
            return 500, self._text, b""


def _environ(scope: Any) -> dict[str, Any]:
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # X_Forwarded_For would be taken for the proxy's X-Forwarded-For
        key = name.upper().replace("-", "_")
        key = key if key in _UNPREFIXED else f"HTTP_{key}"
        comma = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{comma}{value}" if key in environ else value
    return environ
