"""Connections that broke while idle, and statements in autocommit mode."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from agentsys import db as database
from agentsys.db import db, one_statement, transaction

ME = "SELECT pg_backend_pid()"


def backend() -> int:
    """The server process of the next pooled connection."""
    with one_statement() as connection:
        return int(connection.execute(ME).fetchone()[0])


def test_a_connection_that_died_while_idle_is_replaced_unnoticed(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PING_AFTER_S", 0)
    with committed.app_context():
        db.engine.dispose()
        other = db.engine.connect()
        pid = backend()
        other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

        assert backend() != pid
        other.close()
        with transaction() as session:
            assert session.scalar(text("SELECT 1")) == 1


def test_connections_that_all_broke_are_an_absent_database_and_no_bug(
    committed: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with committed.app_context():
        db.engine.dispose()
        database.db.engine.connect().close()
        monkeypatch.setattr(database, "PING_AFTER_S", -1)
        monkeypatch.setattr(database, "_ping", _broken)
        with pytest.raises(OperationalError), transaction() as session:
            session.execute(text("SELECT 1"))
        with pytest.raises(OperationalError), one_statement():
            pass
        db.engine.dispose()


def _broken(_: object) -> None:
    raise psycopg.OperationalError("the connection is lost")


def test_a_connection_that_dies_at_work_is_reported_as_an_absent_database_and_not_kept(
    committed: Flask,
) -> None:
    with committed.app_context():
        with pytest.raises(OperationalError), one_statement() as connection:
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

        assert backend() > 0


def test_a_connection_that_broke_after_the_work_takes_no_answer_away(committed: Flask) -> None:
    with committed.app_context():
        pid = db.session.scalar(text(ME))
        with db.engine.connect() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        left = db.session()

    assert not left.in_transaction()
    with committed.app_context():
        assert db.session() is not left
        assert db.session.scalar(text("SELECT 1")) == 1
        db.session.remove()
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_one_statement_is_committed_and_leaves_the_connection_as_it_was(committed: Flask) -> None:
    with committed.app_context():
        db.engine.dispose()
        with one_statement() as connection:
            connection.execute("INSERT INTO roles (name) VALUES ('one-statement')")
        with db.engine.connect() as lent:
            assert lent.execute(text("SELECT count(*) FROM roles")).scalar_one() == 1
            assert not lent.connection.driver_connection.autocommit


def test_a_statement_that_fails_raises_what_the_pages_know_and_keeps_the_connection(
    committed: Flask,
) -> None:
    with committed.app_context():
        before = backend()
        with pytest.raises(DBAPIError) as failed, one_statement() as connection:
            connection.execute("INSERT INTO roles (name) VALUES (NULL)")

        assert failed.value.orig.sqlstate == "23502"
        assert backend() == before


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("SELECT CAST('Siti \"Elok\" Melati' AS bigint)", 'type bigint: "•••" (22P02)'),
        ("INSERT INTO roles (id, name) SELECT 1, n FROM (VALUES ('Elok'), ('Elok')) v(n)", "23505"),
    ],
)
def test_an_error_quotes_no_value_of_anybody(committed: Flask, statement: str, kept: str) -> None:
    with committed.app_context():
        with pytest.raises(DBAPIError) as directly, one_statement() as connection:
            connection.execute(statement)
        with pytest.raises(DBAPIError) as through_a_session, transaction() as session:
            session.execute(text(statement.replace(":", r"\:")))

    assert kept in str(directly.value)
    assert kept in str(through_a_session.value)
    assert "Elok" not in str(directly.value.orig) + str(through_a_session.value.orig)


def test_inside_somebody_elses_transaction_a_statement_is_undone_with_it(session) -> None:
    with one_statement() as connection:
        connection.execute("INSERT INTO roles (name) VALUES ('undone')")

    assert session.scalar(text("SELECT count(*) FROM roles WHERE name = 'undone'")) == 1
