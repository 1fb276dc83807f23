"""A copy of everything that is stored about one worker."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import LargeBinary, Select, Table, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit.models import AuditEvent
from agentsys.crypto import Vault
from agentsys.data_rights.inventory import BOTH, LEFT_OUT, THROUGH
from agentsys.db import db
from agentsys.errors import NotFound
from agentsys.workers import seals
from agentsys.workers.models import Worker
from agentsys.workers.registry import reveal_nik

_REASON = "Salinan data pribadi"


def copy_of(session: Session, *, vault: Vault, worker_id: int, actor_id: int) -> dict[str, Any]:
    """Everything about one worker, by table: rows as dicts of plain values.

    It has the whole NIK, so the look is recorded. Secrets, such as the token of a pay link, are
    left out.
    """
    found = session.get(Worker, worker_id)
    if found is None:
        raise NotFound(worker_id=worker_id)
    nik = reveal_nik(session, vault=vault, worker_id=worker_id, actor_id=actor_id, reason=_REASON)
    tables = {name: _rows(session, _select(table, worker_id)) for name, table in of_workers()}
    [person] = tables.pop("workers")
    person["nik"] = nik
    if found.kk_sealed is not None:
        person["kk"] = vault.open(found.kk_sealed, seals.kk_of(found.nik_index))
    events = select(AuditEvent.at, AuditEvent.actor_id, AuditEvent.action, AuditEvent.details)
    about = events.where(AuditEvent.subject == f"worker:{worker_id}").order_by(AuditEvent.id)
    return {
        "made_at": clock.now().isoformat(timespec="seconds"),
        "person": person,
        "records": {name: rows for name, rows in tables.items() if rows},
        "audit_trail": _rows(session, about),
    }


def of_workers() -> list[tuple[str, Table]]:
    """The tables with rows about workers."""
    return [
        (name, table)
        for name, table in sorted(db.metadata.tables.items())
        if name == "workers" or name in THROUGH or name in BOTH or "worker_id" in table.c
    ]


def _select(table: Table, worker_id: int) -> Select[Any]:
    shown = [c for c in table.c if c.name not in LEFT_OUT and not isinstance(c.type, LargeBinary)]
    if table.name == "workers":
        mine = table.c.id == worker_id
    elif table.name in BOTH:
        mine = or_(*(table.c[column] == worker_id for column in BOTH[table.name]))
    elif table.name in THROUGH:
        own, name, column = THROUGH[table.name]
        other = db.metadata.tables[name]
        mine = table.c[own].in_(select(other.c[column]).where(other.c.worker_id == worker_id))
    else:
        mine = table.c.worker_id == worker_id
    return select(*shown).where(mine).order_by(*table.primary_key)


def _rows(session: Session, statement: Select[Any]) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in row._mapping.items()}
        for row in session.execute(statement)
    ]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (dict, list)):
        return json.loads(json.dumps(value, default=str))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
