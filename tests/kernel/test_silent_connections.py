"""Connections without any answer are closed; connections with a slow query stay open."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from agentsys import connections
from agentsys.connections import WatchedConnection
from tests.silent_proxy import SilentProxy
from tests.tree import wait_for


@pytest.fixture
def proxy(database_url: str) -> Iterator[SilentProxy]:
    """A proxy before the test's database."""
    address = make_url(database_url)
    host = address.query.get("host") or address.host
    port = address.query.get("port") or address.port or 5432
    made = SilentProxy(host=str(host), port=int(str(port)))
    yield made
    made.close()


@pytest.fixture
def connected(proxy: SilentProxy, database_url: str) -> Iterator[WatchedConnection]:
    """A connection through the proxy."""
    address = make_url(database_url)
    made = WatchedConnection.connect(
        host="127.0.0.1",
        port=proxy.port,
        user=address.username,
        password=address.password,
        dbname=address.database,
        autocommit=True,
        **connections.settings("agentsys test"),
    )
    yield made
    made.close()


class Asking:
    """A statement that another thread waits for."""

    def __init__(self, connection: WatchedConnection, statement: Any) -> None:
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self._ask, args=(connection, statement))
        self.thread.start()
        wait_for(lambda: connection.waiting_since, "it is asked")

    def _ask(self, connection: WatchedConnection, statement: Any) -> None:
        try:
            connection.execute(statement)
        except psycopg.Error as error:
            self.error = error


def test_a_connection_whose_server_is_gone_ends(
    connected: WatchedConnection, proxy: SilentProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE_S", 0.2)
    monkeypatch.setattr(connections, "_PROBE_LIMIT_S", 1)

    proxy.swallow()
    asking = Asking(connected, "SELECT 1")
    asking.thread.join(30)

    assert isinstance(asking.error, psycopg.OperationalError)
    assert connections.is_suspect(connected)


def test_a_connection_that_another_server_does_not_know_ends(
    connected: WatchedConnection, proxy: SilentProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PATIENCE_S", 0.2)

    proxy.lose_connections()
    asking = Asking(connected, "SELECT 1")
    asking.thread.join(30)

    assert isinstance(asking.error, psycopg.OperationalError)


def test_a_statement_that_takes_long_is_left_alone(
    connected: WatchedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = threading.Semaphore(0)
    is_served = WatchedConnection.is_served
    answers: list[bool | None] = []

    def look(connection: WatchedConnection) -> bool | None:
        answers.append(is_served(connection))
        looked.release()
        return answers[-1]

    monkeypatch.setattr(WatchedConnection, "is_served", look)
    monkeypatch.setattr(connections, "PATIENCE_S", 0.2)

    asking = Asking(connected, "SELECT pg_sleep(60)")
    for _ in range(2):
        assert looked.acquire(timeout=30)
    connected.cancel_safe()
    asking.thread.join(30)

    assert answers[:2] == [True, True]
    assert isinstance(asking.error, psycopg.errors.QueryCanceled)
    assert not connected.closed
