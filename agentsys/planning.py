"""How PostgreSQL plans statements about many rows that it has not counted yet.

Its statistics know nothing of the rows of a transaction that is not committed. If it counted a
table in the middle of an import, it even holds the table to be empty, and walks it again for each
row of another one.
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

    A connection that decided about single rows also keeps a plan for few.
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
    """Count the tables that are held to be empty and have pages; commit soon, it locks them."""
    for name in session.scalars(_HELD_EMPTY, {"tables": list(tables)}).all():
        session.execute(text(f"ANALYZE {name}"))
