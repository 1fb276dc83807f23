"""How PostgreSQL plans statements about many rows that it has not counted yet.

Statistics do not include rows that are not committed. If PostgreSQL analyzes a table during an
import, it may take the table for empty, and then plans to read all of it again for each row of
another table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

_MANY = 1_000  # rows, from which on joins of whole tables are faster than one by one
_HELD_EMPTY = text("""
    SELECT relname FROM pg_class WHERE relname = ANY (:tables) AND relkind = 'r' AND reltuples = 0
    AND relpages > 0 AND relnamespace = CAST(current_schema() AS regnamespace) ORDER BY relname
""")
_SETTING = text("SELECT current_setting(:name)")
_SET = text("SELECT set_config(:name, :value, true)")


@contextmanager
def planned_for(session: Session, rows: int) -> Iterator[None]:
    """Let the statements within be planned for that number of rows, whatever is counted.

    A cached plan for a few rows is not used either.
    """
    wanted = {"plan_cache_mode": "force_custom_plan"}
    if rows > _MANY:
        wanted["enable_nestloop"] = "off"
    before = {name: session.scalar(_SETTING, {"name": name}) for name in wanted}
    for name, value in wanted.items():
        session.execute(_SET, {"name": name, "value": value})
    yield
    for name, value in before.items():
        session.execute(_SET, {"name": name, "value": value})


def count_anew(session: Session, tables: Collection[str]) -> None:
    """Analyze tables that have pages but no rows by their statistics. They are locked meanwhile."""
    for name in session.scalars(_HELD_EMPTY, {"tables": list(tables)}).all():
        session.execute(text(f"ANALYZE {name}"))
