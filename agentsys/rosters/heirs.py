"""The heirs whom a list names: kept for the workers whom the list creates.

The heirs of registered workers are recorded by people, who ask the family.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.rosters.people import Entry
from agentsys.rosters.relations import relation_of
from agentsys.workers.phone import normalise_phone

# Who is created by the list has a higher id than all workers before it.
_STORE = """
INSERT INTO heirs (worker_id, name, relation, phone, recorded_by, recorded_at)
SELECT w.id, h.name, h.relation, h.phone, :heirs_by, :now
FROM unnest(CAST(:indexes AS bytea[]), CAST(:names AS text[]), CAST(:relations AS text[]),
    CAST(:phones AS text[])) AS h (nik_index, name, relation, phone)
JOIN workers w ON w.nik_index = h.nik_index
WHERE w.id > :newest AND w.roster_id + 0 = :roster_id
ORDER BY w.id
"""


def store_heirs(session: Session, entries: Sequence[Entry], values: dict[str, Any]) -> None:
    """Store the heirs of new workers; `values` are those of their COPY, with `heirs_by`.

    Heirs without a known relation are left out, and all if nobody may record them.
    """
    found = [
        (entry.nik_index, entry.heir, relation)
        for entry in entries
        if entry.heir is not None and (relation := relation_of(entry.heir.relation))
    ]
    if not found or values["heirs_by"] is None:
        return
    lists = {
        "indexes": [index for index, _, _ in found],
        "names": [heir.name for _, heir, _ in found],
        "relations": [relation for _, _, relation in found],
        "phones": [normalise_phone(heir.phone) for _, heir, _ in found],
    }
    session.execute(text(_STORE), values | lists)
