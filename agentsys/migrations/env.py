"""Alembic's environment: the app's engine, and only the tables that the models describe."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from agentsys import locks
from agentsys.db import db
from agentsys.migrations.described import described
from agentsys.runtime import runtime
from agentsys.workers import keys


def run() -> None:
    """Run migrations on the app's database, one migrator at a time."""
    with db.engines[None].connect() as connection:
        try:
            _run_on(connection)
        finally:
            connection.invalidate()  # whoever took it from the pool next would wait as long


def _run_on(connection: Connection) -> None:
    connection.execute(text("SET lock_timeout = '30s'; SET statement_timeout = 0"))
    connection.execute(select(func.pg_advisory_lock(locks.MIGRATING)))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        include_object=described,
        transaction_per_migration=True,
        **current_app.extensions["migrate"].configure_args,
    )
    with context.begin_transaction():
        context.run_migrations()
    with Session(connection) as session:
        if keys.has_known_value(session):
            keys.confirm(session, vault=runtime().vault)
        session.commit()
    connection.execute(select(func.pg_advisory_unlock(locks.MIGRATING)))
    connection.commit()


run()
