"""What PostgreSQL counted in a table: rows inserted, updated and deleted.

If the counts of a large table did not change since it was proven, it need not be read. The counts
hold whoever changed the rows, also with triggers switched off. They can be ten seconds late, and
rows that were rolled back are counted, too; after a crash they begin anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

LARGE = 32 << 20  # bytes; smaller tables are always read

_COUNTS = text("""
    SELECT leaf.relid::regclass::text, pg_relation_size(leaf.relid),
        coalesce(pg_stat_get_tuples_inserted(leaf.relid), 0),
        coalesce(pg_stat_get_tuples_updated(leaf.relid), 0),
        coalesce(pg_stat_get_tuples_deleted(leaf.relid), 0),
        concat_ws(' ', pg_postmaster_start_time(), (
            SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()
        ))
    FROM (
        SELECT relid FROM pg_partition_tree(to_regclass(:name)) WHERE isleaf
        UNION ALL
        SELECT oid FROM pg_class WHERE oid = to_regclass(:name) AND relkind = 'r'
            AND NOT relispartition
    ) leaf
""")
_KNOWN = text("""
    SELECT part, point, rows, highest, counted_rows, total, inserted, updated, deleted,
        counted_since
    FROM proven_tables WHERE name = :name
""")
_REMEMBER = text("""
    INSERT INTO proven_tables (part, name, point, rows, highest, counted_rows, total, inserted,
        updated, deleted, counted_since)
    VALUES (:part, :name, :point, :rows, :highest, :counted_rows, :total, :inserted, :updated,
        :deleted, :counted_since)
""")
_TAKEN_OUT = text("""
    UPDATE proven_tables SET deleted = deleted + :rows, rows = greatest(rows - :rows, 0),
        counted_rows = greatest(counted_rows - :rows, 0),
        total = total - CASE name WHEN 'payment_months' THEN :rows ELSE 0 END
    WHERE name = :name
""")


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The counts of a table or of one partition."""

    bytes: int
    inserted: int
    updated: int
    deleted: int
    since: str  # counts with another value here began anew


@dataclass(frozen=True, kw_only=True)
class Known:
    """A table or partition when it was proven the last time, and counts that belong together."""

    point: int
    counts: Counts
    total: int = 0  # of `scanning.TOTALS`
    # Of append-only tables:
    rows: int = 0  # written before the point
    highest: int | None = None  # the highest key before the point
    counted_rows: int = 0  # how many rows there were at these counts

    def has_unchanged(self, now: Counts) -> bool:
        """Whether nothing was written, as far as PostgreSQL has counted."""
        return self.has_lost_nothing(now) and self.counts.inserted == now.inserted

    def has_lost_nothing(self, now: Counts) -> bool:
        """Whether no row was changed or deleted, as far as PostgreSQL has counted."""
        then = self.counts
        return (
            (then.updated, then.deleted, then.since) == (now.updated, now.deleted, now.since)
            and then.inserted <= now.inserted
        )  # fmt: skip


def hurry(session: Session) -> None:
    """Let PostgreSQL count what this connection wrote at the end of the transaction."""
    session.execute(text("SELECT pg_stat_force_next_flush()"))


def of(session: Session, name: str) -> dict[str, Counts]:
    """The counts of each partition of a table, or of the table if it has none."""
    found = {
        part: Counts(bytes=size, inserted=new, updated=changed, deleted=gone, since=since)
        for part, size, new, changed, gone, since in session.execute(_COUNTS, {"name": name})
    }
    return found or {name: Counts(bytes=0, inserted=0, updated=0, deleted=0, since="")}


def known(session: Session, name: str) -> dict[str, Known]:
    """What is stored of each part of a table that was proven."""
    rows_of = session.execute(_KNOWN, {"name": name})
    return {
        part: Known(
            point=point,
            rows=rows,
            highest=highest,
            counted_rows=counted_rows,
            total=total,
            counts=Counts(bytes=0, inserted=new, updated=changed, deleted=gone, since=since),
        )
        for part, point, rows, highest, counted_rows, total, new, changed, gone, since in rows_of
    }


def remember(session: Session, name: str, parts: Mapping[str, Known]) -> None:
    """Store the parts of a table as proven, in place of what was stored of it."""
    session.execute(text("DELETE FROM proven_tables WHERE name = :name"), {"name": name})
    for part, what in parts.items():
        session.execute(
            _REMEMBER,
            {
                "part": part,
                "name": name,
                "point": what.point,
                "rows": what.rows,
                "highest": what.highest,
                "counted_rows": what.counted_rows,
                "total": what.total,
                "inserted": what.counts.inserted,
                "updated": what.counts.updated,
                "deleted": what.counts.deleted,
                "counted_since": what.counts.since,
            },
        )


def took_out(session: Session, name: str, rows: int) -> None:
    """Tell that rows of a proven table were deleted on purpose, in the caller's transaction.

    The next audit does not miss them. No audit may run meanwhile (`locks.AUDITING`).
    """
    session.execute(_TAKEN_OUT, {"name": name, "rows": rows})


def is_large(parts: Mapping[str, Counts]) -> bool:
    """Whether reading the whole table takes long enough to avoid it."""
    return sum(counts.bytes for counts in parts.values()) >= LARGE
