"""Writing many rows: COPY on the session's connection, with ids chosen here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.db import db

READABLE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def copy_rows(
    session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write rows into a table within the session's transaction."""
    session.flush()
    driver = session.connection().connection.driver_connection
    assert driver is not None
    names = ", ".join(columns)
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def next_id(session: Session, table: str) -> int:
    """The id after the table's highest; in an empty table, one seed always gives the same ids."""
    found = session.scalar(text(f"SELECT coalesce(max(id), 0) + 1 FROM {table}"))  # noqa: S608
    assert isinstance(found, int)
    return found


def catch_up(session: Session) -> None:
    """Set each table's sequence to continue after the ids that were used."""
    session.flush()
    for name, table in sorted(db.metadata.tables.items()):
        if "id" in table.primary_key.columns and table.c.id.identity is not None:
            session.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{name}', 'id'),"  # noqa: S608
                    f" coalesce(max(id), 0) + 1, false) FROM {name}"
                )
            )
    session.execute(
        text("SELECT setval('receipt_numbers', (SELECT count(*) + 1 FROM receipts), false)")
    )


def readable(number: int, length: int) -> str:
    """A number as letters and digits that are not confused with each other."""
    signs = []
    for _ in range(length):
        number, digit = divmod(number, 32)
        signs.append(READABLE[digit])
    return "".join(reversed(signs))
