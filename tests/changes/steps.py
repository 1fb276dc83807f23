"""Proposing and deciding in tests of changes."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from agentsys.changes import deciding, proposing
from agentsys.changes.models import WorkerChange
from agentsys.changes.plain import change
from agentsys.changes.queries import current
from agentsys.crypto import Vault
from agentsys.people.models import User
from agentsys.workers.models import Worker

NOVEMBER = date(2026, 11, 1)


def proposed(
    session: Session,
    vault: Vault,
    worker: Worker,
    by: User,
    *,
    since: date = NOVEMBER,
    **values: Any,
) -> WorkerChange:
    """A proposal of somebody who was shown its effect."""
    asked = {name: str(value) for name, value in values.items()}
    wanted = proposing.consider(
        session, vault=vault, worker_id=worker.id, values=asked, from_month=since
    )
    return proposing.propose(
        session,
        vault=vault,
        worker_id=worker.id,
        values=asked,
        from_month=since,
        seen=wanted.effect.version,
        reason="Sesuai KTP",
        actor_id=by.id,
    )


def approved(session: Session, vault: Vault, proposal: WorkerChange, by: User) -> None:
    """A proposal, approved by somebody who was shown its effect."""
    seen = deciding.effect_of_change(session, proposal.id).version
    deciding.approve(session, vault=vault, change_id=proposal.id, seen=seen, actor_id=by.id)


def changed_at_once(
    session: Session, vault: Vault, worker: Worker, by: User, **values: str
) -> dict[str, str]:
    """Fields changed by somebody who was shown the present ones."""
    return change(
        session,
        vault=vault,
        worker_id=worker.id,
        values=values,
        version=current(session, worker_id=worker.id).version,
        reason="Nomor baru",
        actor_id=by.id,
    )
