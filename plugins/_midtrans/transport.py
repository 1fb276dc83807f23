"""HTTP to Midtrans with a total time limit and a size limit for each call."""

from __future__ import annotations

import heapq
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

CONNECT_TIMEOUT_S = 3.05
# A connection is not used again after this time without a call: a firewall between may have
# forgotten it, and then a call would wait in vain.
IDLE_S = 30.0
# The largest answer that Midtrans documents is a few kilobytes.
ANSWER_MAX = 128 * 1024


class TooLate(requests.Timeout):
    """The call took longer than its total time limit."""


class TooLarge(requests.RequestException):
    """The answer is larger than any that Midtrans sends."""


@dataclass(frozen=True)
class Transport:
    """What midtransclient sends through; by itself it would wait for ever and follow redirects."""

    session: requests.Session
    timeout_s: float

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        """The answer, read completely; a requests error if it is late, large or a redirect."""
        limit_s = (min(CONNECT_TIMEOUT_S, self.timeout_s), self.timeout_s)
        options |= {"timeout": limit_s, "allow_redirects": False, "stream": True}
        # Compressed, a small answer can be unpacked to one that fills the memory.
        options["headers"] = {**options.get("headers", {}), "accept-encoding": "identity"}
        with _Deadline(self.timeout_s) as deadline:
            try:
                response = self._answered(deadline, method, url, options)
                body = _body(response)
            except (requests.RequestException, HTTPError, OSError) as error:
                if deadline.passed or isinstance(error, requests.ReadTimeout):
                    raise TooLate("no complete answer in time") from error
                if isinstance(error, requests.RequestException):
                    raise
                raise requests.ConnectionError(type(error).__name__) from error
        if deadline.passed:  # what was cut off can still look complete
            raise TooLate("no complete answer in time")
        if 300 <= response.status_code < 400:
            raise requests.TooManyRedirects("the gateway does not redirect; somebody else does")
        response._content = body
        return response

    def _answered(
        self, deadline: _Deadline, method: str, url: str, options: dict[str, Any]
    ) -> requests.Response:
        """The answer; a question is asked again if a connection was lost that served before.

        The gateway may close it at the moment of the call. Nothing but a question is sent twice:
        the gateway may have taken the first one.
        """
        try:
            return self.session.request(method, url, **options)
        except requests.ConnectionError:
            if method.lower() != "get" or deadline.passed or not deadline.on_used_line:
                raise
        return self.session.request(method, url, **options)


def new_session(*, trust_env: bool) -> requests.Session:
    """A session whose connections a deadline can cut."""
    session = requests.Session()
    session.trust_env = trust_env
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
    return session


def _body(response: requests.Response) -> bytes:
    if response.headers.get("content-encoding", "identity").lower() != "identity":
        response.close()
        raise requests.exceptions.ContentDecodingError("the answer is compressed")
    body = b""
    # The read that finds the end also notices when less came than was announced.
    while part := response.raw.read(ANSWER_MAX + 1 - len(body), decode_content=False):
        body += part
        if len(body) > ANSWER_MAX:
            response.close()
            raise TooLarge("the answer is larger than any of Midtrans")
    response.raw.release_conn()
    return body


class _Deadline:
    """A time limit for what the current thread sends and receives meanwhile.

    A timeout of a socket counts from the last byte, so a peer that sends a byte now and then would
    be waited for without end. At the deadline the connection is shut down under the waiting read.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self.on_used_line = False  # the connection served other calls before
        self._until = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._line: socket.socket | None = None
        self._ended = False

    def __enter__(self) -> _Deadline:
        _current.deadline = self
        _watch.add(self._until, self)
        return self

    def __exit__(self, *error: object) -> None:
        _current.deadline = None
        with self._lock:
            self._ended = True
            self._drop()

    def covers(self, line: socket.socket, *, used: bool) -> None:
        """From now on this is the connection to cut."""
        with self._lock:
            self.on_used_line = used
            self._drop()
            # Its own duplicate: the connection may close its socket while the answer is read.
            self._line = line.dup()
            if self.passed:
                _shut(self._line)

    def cut(self) -> None:
        """Shut the connection down, unless the call has ended."""
        with self._lock:
            if not self._ended:
                self.passed = True
                _shut(self._line)

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


def _shut(line: socket.socket | None) -> None:
    if line is not None:
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)


@dataclass
class _Watch:
    """One thread for all deadlines of the process."""

    _waiting: list[tuple[float, int, _Deadline]] = field(default_factory=list)
    _numbers: count[int] = field(default_factory=count)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _thread: threading.Thread | None = None

    def add(self, moment: float, deadline: _Deadline) -> None:
        with self._changed:
            entry = (moment, next(self._numbers), deadline)
            heapq.heappush(self._waiting, entry)
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._waiting[0] is entry:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting:
                    self._changed.wait()
                pause_s = self._waiting[0][0] - time.monotonic()
                if pause_s > 0:
                    self._changed.wait(pause_s)
                    continue
                deadline = heapq.heappop(self._waiting)[2]
            deadline.cut()


_watch = _Watch()
_current = threading.local()


class _Watched:
    """A connection that tells the deadline of its thread which socket it uses.

    A duplicate of the socket is kept: while TLS is negotiated, the connection has no socket.
    """

    _line: socket.socket | None = None
    _used_at = 0.0  # 0: no call on this connection yet

    def _new_conn(self) -> socket.socket:
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._drop_line()
        self._line = connected.dup()
        self._used_at = 0.0
        self._tell()
        return connected

    def request(self, *arguments: Any, **options: Any) -> None:
        self._tell()
        super().request(*arguments, **options)  # type: ignore[misc]
        self._used_at = time.monotonic()

    def close_if_idle(self) -> None:
        """Close it if it was not used for long; the next call connects anew."""
        if self._used_at and time.monotonic() - self._used_at > IDLE_S:
            self.close()

    def close(self) -> None:
        super().close()  # type: ignore[misc]
        self._drop_line()

    def _tell(self) -> None:
        deadline: _Deadline | None = getattr(_current, "deadline", None)
        if deadline is not None and self._line is not None:
            deadline.covers(self._line, used=self._used_at > 0)

    def _drop_line(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None


class _WatchedHTTP(_Watched, HTTPConnection):
    pass


class _WatchedHTTPS(_Watched, HTTPSConnection):
    pass


class _Fresh:
    """A pool that gives no connection that was idle for long."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]
        connection.close_if_idle()
        return connection


class _HTTPPool(_Fresh, HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP


class _HTTPSPool(_Fresh, HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        _use_watched(self.poolmanager)

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(*arguments, **options)
        _use_watched(manager)
        return manager


def _use_watched(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
