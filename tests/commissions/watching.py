"""Watching who writes `approved` into the table of statements, by whatever way."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

# The database counts each statement that becomes approved, however it was written.
_COUNTING = (
    "CREATE TABLE approvals_counted (statement_id bigint)",
    """
    CREATE FUNCTION count_approval() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state = 'approved' AND (TG_OP = 'INSERT' OR OLD.state <> 'approved') THEN
            INSERT INTO approvals_counted VALUES (NEW.id);
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER count_approval AFTER INSERT OR UPDATE ON statements"
    " FOR EACH ROW EXECUTE FUNCTION count_approval()",
)
_WRITES = re.compile(r"\b(update|insert into)\s+\"?statements\"?\s", re.IGNORECASE)


@dataclass
class Watched:
    """How many statements became approved, and how many of them the one function wrote."""

    session: Session
    by_the_function: int = 0
    others: list[str] = field(default_factory=list)  # the functions that wrote

    @property
    def counted(self) -> int:
        """How many became approved, as the database counted."""
        found = self.session.scalar(text("SELECT count(*) FROM approvals_counted"))
        return int(found or 0)

    def second_ways(self) -> list[str]:
        """What else approved: functions that wrote by SQL, and writes that nothing has seen."""
        unseen = self.counted - self.by_the_function - len(self.others)
        return self.others + ["something below SQLAlchemy"] * unseen


def stop_counting(session: Session) -> None:
    """Take the counting out of a database in which it was committed."""
    session.execute(text("DROP TRIGGER IF EXISTS count_approval ON statements"))
    session.execute(text("DROP FUNCTION IF EXISTS count_approval()"))
    session.execute(text("DROP TABLE IF EXISTS approvals_counted"))


@contextmanager
def approvals_watched(session: Session) -> Iterator[Watched]:
    """Watch all writes meanwhile; the database counts until `stop_counting`, or a rollback."""
    for command in _COUNTING:
        session.execute(text(command))
    watched = Watched(session)

    def seen(_connection: Any, _cursor: Any, sql: str, parameters: Any, *_more: Any) -> None:
        if not _WRITES.search(sql) or "approved" not in f"{sql} {parameters}":
            return
        stack = traceback.extract_stack()
        if any(
            frame.name == "_decide" and frame.filename.endswith("commissions/approval.py")
            for frame in stack
        ):
            watched.by_the_function += 1
        else:
            ours = [each for each in stack if "site-packages" not in each.filename]
            watched.others.append(ours[-2].name)

    event.listen(Engine, "before_cursor_execute", seen)
    try:
        yield watched
    finally:
        event.remove(Engine, "before_cursor_execute", seen)
