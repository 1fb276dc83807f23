"""The heirs whom a list names: kept for the workers whom the list creates.

The heirs of registered workers are recorded by people, who ask the family.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.rosters.people import Entry
from agentsys.rosters.relations import relation_of
from agentsys.workers.phone import normalise_phone

_STORE = """
INSERT INTO heirs (worker_id, name, relation, phone, recorded_by, recorded_at)
SELECT h.worker_id, h.name, h.relation, h.phone, :by, :now
FROM unnest(CAST(:ids AS bigint[]), CAST(:names AS text[]), CAST(:relations AS text[]),
    CAST(:phones AS text[])) AS h (worker_id, name, relation, phone)
"""


def store_heirs(
    session: Session, entries: Iterable[tuple[int, Entry]], *, by: int, now: datetime
) -> None:
    """Store the heirs of new workers, given with their ids; without a known relation, none."""
    found = [
        (worker_id, entry.heir, relation)
        for worker_id, entry in entries
        if entry.heir is not None and (relation := relation_of(entry.heir.relation))
    ]
    if not found:
        return
    values = {
        "ids": [worker_id for worker_id, _, _ in found],
        "names": [heir.name for _, heir, _ in found],
        "relations": [relation for _, _, relation in found],
        "phones": [normalise_phone(heir.phone) for _, heir, _ in found],
        "by": by,
        "now": now,
    }
    session.execute(text(_STORE), values)
