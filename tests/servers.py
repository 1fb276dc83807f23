"""The database server of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url


def server_home(factory: pytest.TempPathFactory) -> Path:
    """One folder for all processes of a test run, so that they share one server."""
    base = factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    return shared / "postgres"


@contextmanager
def database_of(server_url: str, name: str) -> Iterator[str]:
    """An empty database on an external server, dropped afterwards."""
    address = make_url(server_url.replace("postgres://", "postgresql://", 1))
    plain = address.set(drivername="postgresql")
    with psycopg.connect(
        plain.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            ours = address.set(drivername="postgresql+psycopg", database=name)
            yield ours.render_as_string(hide_password=False)
        finally:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
