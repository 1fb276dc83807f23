"""Sessions whose work is undone after a test, commits included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.db import db
from agentsys.ledger import invariants


@contextmanager
def undone(connection: Connection) -> Iterator[Session]:
    """The session of this app context, on a connection in a transaction; its work is undone.

    One may enclose another, so that the tests of a file start from what was built once.
    """
    savepoint = connection.begin_nested()  # so that commits release savepoints, and no more
    engine, db.engines[None] = db.engines[None], connection
    try:
        yield db.session()
    finally:
        db.session.remove()
        db.engines[None] = engine
        if savepoint.is_active:
            savepoint.rollback()


def check_books(session: Session) -> None:
    """Fail if the books do not balance or the audit trail is broken."""
    violations = invariants.check(session)
    assert not violations, violations
    assert trail.broken_links(session) == []
