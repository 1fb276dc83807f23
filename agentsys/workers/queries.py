"""Workers whom a user may see."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class WorkerName:
    """The name of a worker, for messages."""

    id: int
    name: str


def worker_id_by_nik(session: Session, user: User, *, index: bytes) -> int:
    """The worker of the user's office whose NIK has this index; NotFound otherwise."""
    found = session.scalar(
        select(Worker.id).where(scope.of_office(user, Worker.office_id), Worker.nik_index == index)
    )
    if found is None:
        raise NotFound()
    return found


def worker_in_scope(session: Session, user: User, worker_id: int) -> WorkerName:
    """One worker; NotFound if it does not exist or the user may not see it."""
    row = session.execute(
        select(Worker.id, Worker.name).where(
            Worker.id == worker_id, scope.of_agent(user, Worker.agent_id, Worker.office_id)
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return WorkerName(id=row.id, name=row.name)
