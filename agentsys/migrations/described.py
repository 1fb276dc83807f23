"""Which tables the models describe; the others are not ours to compare."""

from __future__ import annotations

import re
from typing import Any

PARTITION = re.compile(r"contributions_\d{4}_\d{2}")


def described(thing: Any, name: str | None, kind: str, reflected: bool, compare_to: Any) -> bool:
    """False for partitions and the job queue's tables, which no model describes."""
    if kind == "foreign_key_constraint":
        # PostgreSQL copies a key that points to a partitioned table onto each partition.
        return not any(PARTITION.match(element.target_fullname) for element in thing.elements)
    table = name if kind == "table" else getattr(getattr(thing, "table", None), "name", "")
    return not (PARTITION.match(table or "") or (table or "").startswith("procrastinate_"))
