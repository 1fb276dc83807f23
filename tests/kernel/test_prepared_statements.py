"""Statements stay prepared on a connection, however its transactions end."""

from __future__ import annotations

from agentsys.connections import WatchedConnection


def test_a_rollback_keeps_what_was_prepared(database_url: str) -> None:
    with WatchedConnection.connect(
        database_url.replace("postgresql+psycopg://", "postgresql://")
    ) as connection:
        for _ in range(connection.prepare_threshold + 1):
            connection.execute("SELECT %s::int", (1,))
            connection.rollback()

        found = connection.execute("SELECT statement FROM pg_prepared_statements").fetchall()

    assert [statement for (statement,) in found] == ["SELECT $1::int"]


def test_a_failed_transaction_leaves_the_connection_usable(database_url: str) -> None:
    with WatchedConnection.connect(
        database_url.replace("postgresql+psycopg://", "postgresql://")
    ) as connection:
        for number in range(8):
            connection.execute("SELECT 1 / %s", (8,))
            if number == 6:
                try:
                    connection.execute("SELECT 1 / %s", (0,))
                except Exception:
                    connection.rollback()

        assert connection.execute("SELECT 1 / %s", (1,)).fetchone() == (1,)
