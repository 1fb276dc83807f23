"""Factories of what an office has beside workers: groups."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy.orm import Session

from agentsys.workers.kinds import Ecosystem, GroupKind
from agentsys.workers.models import WorkerGroup

_numbers = itertools.count(1)


def make_group(session: Session, *, office_id: int, **values: Any) -> WorkerGroup:
    """An open market of the office."""
    group = WorkerGroup(
        **{
            "office_id": office_id,
            "ecosystem": Ecosystem.PASAR,
            "kind": GroupKind.MARKET,
            "name": f"Pasar {next(_numbers)}",
        }
        | values
    )
    session.add(group)
    session.flush()
    return group
