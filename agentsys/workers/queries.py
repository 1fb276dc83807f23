"""Workers whom a user may see, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import Agent, Office, User
from agentsys.people.offices import controller
from agentsys.people.permissions import Permission
from agentsys.workers.columns import NAMES
from agentsys.workers.group_models import WorkerGroup
from agentsys.workers.kinds import Ecosystem, Funding, Programmes, Sector
from agentsys.workers.models import Enrolment, Worker


@dataclass(frozen=True, kw_only=True)
class WorkerName:
    """The name of a worker, for messages."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class WorkerProfile:
    """One worker with the newest enrolment and who manages the worker; the NIK is masked."""

    id: int
    name: str
    nik_masked: str
    sector: Sector
    phone: str
    kpj: str
    plain: Mapping[str, str]  # by the names of `columns.PLAIN`
    ecosystem: Ecosystem | None  # None: not recorded
    group_id: int | None
    group_name: str  # empty without a group
    office_id: int
    consent_text: str
    consent_at: datetime | None
    created_at: datetime
    programmes: Programmes
    funding: Funding
    agent_name: str  # empty if no agent manages the worker
    office_name: str
    controller: str  # who is responsible for the worker's data


def profile(session: Session, worker_id: int) -> WorkerProfile:
    """The worker of a pay link; NotFound if there is none."""
    return _one(session, _profiles().where(Worker.id == worker_id))


def profile_in_scope(
    session: Session, user: User, worker_id: int, *, to: Permission, stands_in: bool = False
) -> WorkerProfile:
    """A worker for whom the user holds the permission; NotFound for anybody else's.

    With `stands_in` also a worker of an agent on leave for whom the user works today.
    """
    place = (Worker.agent_id, Worker.office_id)
    seen = scope.of_agent(user, *place, to=to, stands_in=stands_in)
    return _one(session, _profiles().where(Worker.id == worker_id, seen))


def agent_id_of(session: Session, worker_id: int) -> int | None:
    """The agent who manages a worker, if any."""
    return session.scalar(select(Worker.agent_id).where(Worker.id == worker_id))


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


def _profiles() -> Select[*tuple[Any, ...]]:
    any_of_theirs = aliased(Enrolment)
    newest = (
        select(func.max(any_of_theirs.from_month))
        .where(any_of_theirs.worker_id == Worker.id)
        .correlate(Worker)
        .scalar_subquery()
    )
    return (
        select(
            Worker.id,
            Worker.name,
            Worker.nik_masked,
            Worker.sector,
            Worker.phone,
            Worker.kpj,
            *(getattr(Worker, name) for name in NAMES),
            Worker.ecosystem,
            Worker.group_id,
            Worker.office_id,
            func.coalesce(WorkerGroup.name, "").label("group_name"),
            Worker.consent_text,
            Worker.consent_at,
            Worker.created_at,
            Enrolment.programmes,
            Enrolment.funding,
            func.coalesce(Agent.name, "").label("agent_name"),
            Office.name.label("office_name"),
            controller().label("controller"),
        )
        .join(Office, Office.id == Worker.office_id)
        .join(Enrolment, (Enrolment.worker_id == Worker.id) & (Enrolment.from_month == newest))
        .outerjoin(Agent, Agent.id == Worker.agent_id)
        .outerjoin(WorkerGroup, WorkerGroup.id == Worker.group_id)
    )


def _one(session: Session, query: Select[*tuple[Any, ...]]) -> WorkerProfile:
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    values = dict(row._mapping)
    return WorkerProfile(plain={name: values.pop(name) for name in NAMES}, **values)
