"""Which persons of a roster are registered, also under a NIK that was corrected meanwhile."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.rosters.people import COLUMNS, Batch

# The indexes, 32 bytes each, are sent as one value: an array would take three times as long.
# OFFSET 0 keeps the subqueries as they are, so that each NIK is looked up in the index: workers of
# a transaction that is not committed are not counted, and all would be read for each batch.
_KNOWN = """
SELECT w.nik_index FROM generate_series(0, :count - 1) AS number
CROSS JOIN LATERAL (
    SELECT nik_index FROM workers
    WHERE nik_index = substring(CAST(:indexes AS bytea) FROM number * 32 + 1 FOR 32) OFFSET 0
) w
"""
# A mistyped NIK may be the right one of somebody else, so the birth date must be the same.
_CORRECTED = """
SELECT e.nik_index, CAST(w.birth_date AS text)
FROM generate_series(0, :count - 1) AS number
CROSS JOIN LATERAL (
    SELECT nik_index, worker_id FROM earlier_niks
    WHERE nik_index = substring(CAST(:indexes AS bytea) FROM number * 32 + 1 FOR 32) OFFSET 0
) e
CROSS JOIN LATERAL (SELECT birth_date FROM workers WHERE id = e.worker_id OFFSET 0) w
"""
# Their rows are compared under the present NIK; a KK number is encrypted for the old one.
_UNDER_PRESENT_NIK = """
UPDATE incoming i SET nik_index = w.nik_index, kk_index = NULL, kk_sealed = NULL
FROM earlier_niks e JOIN workers w ON w.id = e.worker_id
WHERE i.nik_index = e.nik_index AND w.birth_date = i.birth_date
"""
# A record that was merged stands for the one that was kept.
_OF_THE_KEPT = """
UPDATE incoming i SET nik_index = k.nik_index, kk_index = NULL, kk_sealed = NULL
FROM workers w JOIN workers k ON k.id = w.merged_into AND w.merged_into IS NOT NULL
WHERE i.nik_index = w.nik_index
"""
_BIRTH_DATE = COLUMNS.split(", ").index("birth_date")


def known(session: Session, batch: Batch) -> set[bytes]:
    """The indexes of the batch that are or were NIKs of registered workers."""
    indexes = b"".join(entry.nik_index for entry in batch.entries)
    asked = {"indexes": indexes, "count": len(batch.entries)}
    found = set(session.scalars(text(_KNOWN), asked))
    born = {(bytes(index), day) for index, day in session.execute(text(_CORRECTED), asked)}
    if born:
        found |= {
            entry.nik_index
            for entry in batch.entries
            if (entry.nik_index, entry.line.split("\t")[_BIRTH_DATE]) in born
        }
    return found


def compare_under_present_niks(session: Session) -> None:
    """Give the rows that are compared with registered workers the NIKs of today."""
    session.execute(text(_UNDER_PRESENT_NIK))
    session.execute(text(_OF_THE_KEPT))
