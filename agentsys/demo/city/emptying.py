"""Emptying the tables of a demo database, the append-only ones included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, exists, select, text
from sqlalchemy.orm import Session

from agentsys.audit.models import AuditEvent
from agentsys.db import db
from agentsys.errors import Forbidden
from agentsys.people.models import User

_NEVER_EMPTIED = (
    "audit_events", "audit_seals", "destructions", "entries", "payment_moves", "postings",
)  # fmt: skip


class NotAllowed(Forbidden):
    """The database may hold real data, so the demo does not delete it."""

    text = "Data di sini bukan data contoh, jadi tidak dihapus."


def check_reset(*, allowed: bool) -> None:
    """Raise NotAllowed, with advice, unless the data of this system may be deleted."""
    if not allowed:
        raise NotAllowed(
            "Data di sini bukan data contoh, jadi tidak dihapus. Setel AGENTSYS_DEMO=1 bila basis"
            " data ini memang hanya untuk contoh, lalu ulangi."
        )


def reset(session: Session, *, allowed: bool) -> None:
    """Empty every table; NotAllowed if the database user may not."""
    check_reset(allowed=allowed)
    names = ", ".join(f'"{name}"' for name in sorted(db.metadata.tables))
    with unguarded(session.connection()):
        session.execute(text(f"TRUNCATE {names}, procrastinate_jobs RESTART IDENTITY CASCADE"))
    session.execute(text("ALTER SEQUENCE receipt_numbers RESTART"))
    session.expire_all()


def is_alone(session: Session) -> bool:
    """Whether there are no users other than the demo's."""
    added = session.scalar(select(exists().where(AuditEvent.action == "user.added")))
    seeded = session.scalar(select(exists().where(AuditEvent.action == "demo.seeded")))
    return not added and bool(seeded or not session.scalar(select(exists(select(User.id)))))


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """Allow truncating append-only tables in this block; only their owner may do that.

    If the block fails, its transaction is rolled back, and the triggers stay as before.
    """
    _switch(connection, "DISABLE")
    yield
    _switch(connection, "ENABLE")


def _switch(connection: Connection, how: str) -> None:
    for table in _NEVER_EMPTIED:
        connection.execute(text(f"ALTER TABLE {table} {how} TRIGGER {table}_never_emptied"))
