"""Bulk loading: without triggers, and with secondary indexes created at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from bench.measure import say

_WORTH_SAYING_S = 2.0
_LARGE = (
    "workers", "payments", "payment_months", "payment_moves", "receipts", "entries", "postings",
    "callbacks", "assignments", "enrolments", "audit_events", "audit_seals", "deposits",
)  # fmt: skip

_INDEXES = """
    SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
    WHERE i.indrelid = %s::regclass
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
_UNIQUE = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint k
    WHERE conrelid = %s::regclass AND contype = 'u' AND NOT EXISTS (
        SELECT FROM pg_constraint f WHERE f.contype = 'f' AND f.conindid = k.conindid)
"""
_SETTINGS = (
    "SET statement_timeout = 0",
    "SET lock_timeout = 0",
    "SET session_replication_role = replica",  # no triggers, no foreign keys
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '1GB'",
    "SET work_mem = '256MB'",
)
_SEQUENCES = """
    SELECT c.table_name, c.column_name FROM information_schema.columns c
    WHERE c.table_schema = 'public' AND c.is_identity = 'YES'
"""


class Loader:
    """A connection that runs statements with named values, and prints slow ones."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        """Set the connection up; it commits after each statement."""
        self.connection = connection
        self._dropped: list[str] = []
        for setting in _SETTINGS:
            self.run(setting)

    def run(self, statement: str, **values: object) -> Any:
        """The cursor of a statement."""
        began = time.monotonic()
        cursor = self.connection.execute(statement, values or None)
        took = time.monotonic() - began
        if took > _WORTH_SAYING_S:
            say(f"  {took:5.1f} s {cursor.rowcount:>10} rows  {' '.join(statement.split())[:60]}")
        return cursor

    @contextmanager
    def copy(self, table: str, columns: str) -> Iterator[Any]:
        """Rows for `COPY … FROM STDIN`."""
        statement = f"COPY {table} ({columns}) FROM STDIN"
        with self.connection.cursor() as cursor, cursor.copy(statement) as copy:
            yield copy

    def drop_indexes(self) -> None:
        """Drop what `make_indexes` makes again."""
        for table in _LARGE:
            for name, made in self.connection.execute(_INDEXES, [table]).fetchall():
                self.run(f"DROP INDEX {name}")
                self._dropped.append(made)
            for name, made in self.connection.execute(_UNIQUE, [table]).fetchall():
                self.run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
                self._dropped.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}")

    def make_indexes(self) -> None:
        """Make what was dropped."""
        while self._dropped:
            self.run(self._dropped.pop())

    def finish(self) -> None:
        """Let the next id follow the last one, put the triggers on, and gather statistics."""
        for table, column in self.connection.execute(_SEQUENCES).fetchall():
            self.run(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'),"
                f" coalesce(max({column}), 0) + 1, false) FROM {table}"
            )
        self.run("SET session_replication_role = origin")
        self.run("VACUUM ANALYZE")
        self.run("CHECKPOINT")
