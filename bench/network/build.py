"""Building and storing networks, and an app on one of them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import make_url, text

from agentsys import create_app
from agentsys.audit import trail
from agentsys.config import KEYS
from agentsys.config import load as load_settings
from agentsys.crypto import Vault
from agentsys.db import db, in_transaction
from agentsys.postgres import EmbeddedPostgres
from agentsys.runtime import KEY
from bench.measure import say
from bench.network import books, months, people, rest
from bench.network.loading import Loader
from bench.network.size import FIRST_SUPERVISOR, Size

HOME = Path("bench-instance")
_UNFINISHED = "network_unfinished"
_LOADING = ("max_wal_size = '8GB'", "checkpoint_timeout = '30min'")
_LOT = 20_000


@contextmanager
def server(home: Path = HOME) -> Iterator[EmbeddedPostgres]:
    """The embedded server that keeps the networks, with durable settings; it stops at the end."""
    with EmbeddedPostgres(home.absolute() / "postgres") as running:
        yield running


@contextmanager
def app_on(running: EmbeddedPostgres, database: str, home: Path = HOME) -> Iterator[Flask]:
    """An app on one of the databases, brought to the newest migration; without its context."""
    keys = load_settings(instance=home, log_level="WARNING")
    settings = keys.model_copy(update={"database_url": running.url(database)})
    app = create_app(settings, plugin_settings={})
    try:
        with app.app_context():
            upgrade()
        yield app
    finally:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def environment(running: EmbeddedPostgres, database: str, home: Path = HOME) -> dict[str, str]:
    """The environment in which the command `agentsys` works on one of the databases."""
    settings = load_settings(instance=home, log_level="WARNING")
    keys = {name: getattr(settings, name).get_secret_value() for name in KEYS}
    named = {**keys, "database_url": running.url(database), "instance": str(home.absolute())}
    return os.environ | {f"AGENTSYS_{name.upper()}": value for name, value in named.items()}


def is_built(running: EmbeddedPostgres, size: Size) -> bool:
    """Whether this network exists and is complete."""
    with _outside(running) as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [size.database]
        ).fetchone()
    return found is not None


def ensure(running: EmbeddedPostgres, size: Size, home: Path = HOME) -> dict[str, object]:
    """Build the network unless it exists; return its size on disk and the seconds taken."""
    began = time.monotonic()
    if not is_built(running, size):
        say(f"building {size.workers} workers × {size.months} months")
        _build(running, size, home)
    with _outside(running) as connection:
        row = connection.execute("SELECT pg_database_size(%s)", [size.database]).fetchone()
    assert row is not None
    seconds = round(time.monotonic() - began, 1)
    return {"database": size.database, "mb": int(row[0]) >> 20, "seconds": seconds}


def drop_old(running: EmbeddedPostgres) -> None:
    """Drop what an interrupted build left."""
    running.drop_database(_UNFINISHED)


def _build(running: EmbeddedPostgres, size: Size, home: Path) -> None:
    drop_old(running)
    running.create_database(_UNFINISHED)
    url = _plain(running.url(_UNFINISHED))
    with (
        _loading_settings(running),
        app_on(running, _UNFINISHED, home) as app,
        app.app_context(),
        psycopg.connect(url, autocommit=True) as connection,
    ):
        load(app.extensions[KEY].vault, Loader(connection), size)
    with _outside(running) as connection:
        # Only a complete network gets its name.
        connection.execute(f'ALTER DATABASE {_UNFINISHED} RENAME TO "{size.database}"')


def load(vault: Vault, loader: Loader, size: Size) -> None:
    """Fill an empty, migrated database; within the context of its app."""
    loader.drop_indexes()
    people.load_staff(loader, size)
    people.load_workers(loader, vault, size)
    months.make_habits(loader, size)
    for place, month in enumerate(size.all_months):
        say(f"  month {month:%Y-%m}")
        books.book_payments(loader, months.load_month(loader, size, place))
    months.bill(loader)
    months.forget_habits(loader)
    books.book_the_rest(loader, size)
    books.keep_balances(loader)
    loader.run("SELECT setval('receipt_numbers', %(n)s)", n=size.workers * (size.months + 1))
    rest.load_callbacks(loader, size)
    rest.load_statements(loader, size)
    rest.load_rosters(loader, size, FIRST_SUPERVISOR)
    rest.load_trail(loader, size)
    say("  indexes")
    loader.make_indexes()
    say("  the trail's chain")
    while in_transaction(lambda session: trail.seal(session, limit=_LOT)) == _LOT:
        pass
    loader.finish()


@contextmanager
def _loading_settings(running: EmbeddedPostgres) -> Iterator[None]:
    """Fewer checkpoints while much is written; as before afterwards."""
    with _outside(running) as connection:
        for setting in _LOADING:
            connection.execute(f"ALTER SYSTEM SET {setting}")
        connection.execute("SELECT pg_reload_conf()")
        try:
            yield
        finally:
            for setting in _LOADING:
                connection.execute(f"ALTER SYSTEM RESET {setting.split()[0]}")
            connection.execute("SELECT pg_reload_conf()")


def _outside(running: EmbeddedPostgres) -> psycopg.Connection[Any]:
    return psycopg.connect(_plain(running.url("postgres")), autocommit=True)


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def count(query: str) -> int:
    """A number from the database of the app's context."""
    with db.engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())
