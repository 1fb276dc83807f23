"""The simulator's HTTP server: a thread for each connection, which stays open between calls.

The real gateway keeps connections open too. Werkzeug's own server closes each one, and waits ten
milliseconds after every answer for bytes that nobody sends.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from typing import Any

from flask import Flask
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

IDLE_S = 75  # a connection without calls is closed after this time, as by the real gateway
BODY_MAX = 16 * 1024 * 1024  # of a call
_READ_MAX = 64 * 1024

log = logging.getLogger(__name__)


class SimulatorServer(ThreadedWSGIServer):
    """Serves the application until it is closed, which also ends the connections that are open."""

    def __init__(self, app: Flask, *, host: str, port: int) -> None:
        """Bind the port; port 0 takes a free one."""
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(host, port, app, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a new connection in a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        """Close the port, and end the connections: a client must not go on with what stopped."""
        super().server_close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class Handler(WSGIRequestHandler):
    """Answers the calls of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_S
    # An answer is more than one packet; the second must not wait until the first is confirmed.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Answer one call; the connection stays open if both sides know where the answer ends."""
        self.environ = environ = self.make_environ()
        try:
            body = self._body(environ)
        except ValueError as error:
            self.close_connection = True
            self.send_error(400, str(error))
            return
        environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        answer = _Answer(self)
        parts: Iterable[bytes] = ()
        try:
            parts = self.server.app(environ, answer.start)
            answer.send(parts)
        except ConnectionError:
            self.close_connection = True  # the client went away
        except Exception:
            self.close_connection = True
            log.exception("answer broke off: %s", self.requestline)
        finally:
            if close := getattr(parts, "close", None):
                close()

    def _body(self, environ: dict[str, Any]) -> bytes:
        """The whole body, so that the next call begins where it ends; ValueError if it is none."""
        if environ.get("wsgi.input_terminated"):
            return _read(environ["wsgi.input"], BODY_MAX + 1)
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            raise ValueError("bad Content-Length")
        if int(length) > BODY_MAX:
            raise ValueError("the body is too large")
        body = _read(self.rfile, int(length))
        if len(body) < int(length):
            raise ValueError("the body is not complete")
        return body

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log calls for debugging only."""
        log.debug("%s %s", self.requestline, code)

    def log_error(self, format: str, *args: Any) -> None:
        """Log bad calls, and connections without calls, for debugging only."""
        log.debug(format, *args)


def _read(stream: Any, most: int) -> bytes:
    """What a stream has, at most so many bytes; ValueError if that is too large or unreadable."""
    body = bytearray()
    try:
        while len(body) < most and (part := stream.read(min(_READ_MAX, most - len(body)))):
            body += part
            if len(body) > BODY_MAX:
                raise ValueError("the body is too large")
    except OSError as error:
        raise ValueError("the body is not readable") from error
    return bytes(body)


class _Answer:
    """One answer: its head goes out with the first part of its body."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._status = ""
        self._headers: list[tuple[str, str]] = []

    def start(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        self._status, self._headers = status, headers
        return None

    def send(self, parts: Iterable[bytes]) -> None:
        """Send the head and all parts; the connection ends if their size is not as announced."""
        handler = self._handler
        bare = handler.command == "HEAD" or self._status[:3] in ("204", "304")
        announced = self._announced()
        if not bare and announced is None:
            handler.close_connection = True
        waiting, sent = self._head(), 0
        for part in parts:
            if bare or not part:
                continue
            handler.wfile.write(waiting + part)
            waiting, sent = b"", sent + len(part)
        if waiting:
            handler.wfile.write(waiting)
        if not bare and sent != announced:
            handler.close_connection = True
        handler.log_request(self._status[:3])

    def _announced(self) -> int | None:
        lengths = [value for name, value in self._headers if name.lower() == "content-length"]
        return int(lengths[0]) if lengths else None

    def _head(self) -> bytes:
        handler = self._handler
        lines = [
            f"HTTP/1.1 {self._status}",
            f"Server: {handler.server_version}",
            f"Date: {handler.date_time_string()}",
            *(f"{name}: {value}" for name, value in self._headers),
        ]
        if handler.close_connection:
            lines.append("Connection: close")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
