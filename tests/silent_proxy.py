"""A proxy in front of PostgreSQL that can drop all bytes without closing connections."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass


@dataclass(eq=False)
class _Pair:
    """A connection of a client and the one to the server; a lost pair forwards nothing any more."""

    client: socket.socket
    server: socket.socket | None = None
    lost: bool = False


class SilentProxy:
    """Forwards bytes between clients on a loopback port and a server; tests can interrupt it."""

    def __init__(self, *, host: str, port: int) -> None:
        """Start to listen; a host that begins with a slash is the folder of a Unix socket."""
        self._target = (host, port)
        self._swallows = False
        self._pairs: set[_Pair] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> None:
        """Drop every byte from now on; clients stay connected, and new ones can connect."""
        self._swallows = True

    def forward(self) -> None:
        """Forward new bytes again; dropped ones are lost."""
        self._swallows = False

    def lose_connections(self) -> None:
        """Close the server side of every connection without telling the clients."""
        for pair in list(self._pairs):
            pair.lost = True
            if pair.server is not None:
                with contextlib.suppress(OSError):
                    pair.server.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close all connections."""
        self._listener.close()
        for pair in list(self._pairs):
            for end in filter(None, (pair.client, pair.server)):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            pair = _Pair(client)
            self._pairs.add(pair)
            if self._swallows:
                pair.lost = True
            else:
                pair.server = self._connect()
                threading.Thread(
                    target=self._pump, args=(pair, pair.server, client), daemon=True
                ).start()
            threading.Thread(
                target=self._pump, args=(pair, client, pair.server), daemon=True
            ).start()

    def _connect(self) -> socket.socket:
        host, port = self._target
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        made = socket.socket(socket.AF_UNIX)
        made.connect(f"{host}/.s.PGSQL.{port}")
        return made

    def _pump(self, pair: _Pair, source: socket.socket, target: socket.socket | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                if target is not None and not (pair.lost or self._swallows):
                    target.sendall(data)
        source.close()
        # The end of one side closes the other one, unless it must not notice.
        if target is not None and (source is pair.client or not (pair.lost or self._swallows)):
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_RDWR)
        if source is pair.client:
            self._pairs.discard(pair)
