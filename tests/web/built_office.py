"""A full office that is built once for a file of tests; what each test does to it is undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from agentsys.db import db
from agentsys.people.models import RoleName, User
from agentsys.runtime import KEY
from tests.undoing import check_books, undone
from tests.web.full_office import Office, full_office


@dataclass
class Built:
    """An office, by the ids of what is in it, and the connection that holds it."""

    app: Flask
    connection: Connection
    users: dict[RoleName, int]
    ids: dict[str, list[Any]]

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session that sees the office; the books must balance at the end."""
        with self.app.app_context(), undone(self.connection) as session:
            yield session
            session.rollback()
            check_books(session)

    def office(self, session: Session) -> Office:
        """The office, as rows of this session."""
        users = {role: session.get_one(User, number) for role, number in self.users.items()}
        return Office(users, self.ids)


@contextmanager
def built_office(app: Flask) -> Iterator[Built]:
    """The office of `full_office`, until the end of the block."""
    with app.app_context(), db.engine.connect() as connection:
        connection.begin()
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        with undone(connection) as session:
            office = full_office(session, app.extensions[KEY].vault)
            users = {role: user.id for role, user in office.users.items()}
            session.commit()
            session.close()
            yield Built(app, connection, users, office.ids)
