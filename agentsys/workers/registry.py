"""How many workers there are, and a worker's NIK in full."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Select, Subquery, func, literal, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.figures import kept
from agentsys.figures.models import NO_MONTH, KeptFigure
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers import seals
from agentsys.workers.kinds import RegisteredHow, Registration
from agentsys.workers.models import Worker


def reveal_nik(
    session: Session, *, vault: Vault, worker_id: int, actor_id: int, reason: str
) -> str:
    """The full NIK; the audit trail records who read it and why."""
    if not reason.strip():
        raise Invalid("Tulis alasan melihat NIK lengkap.")
    row = session.execute(
        select(Worker.nik_sealed, Worker.nik_index).where(Worker.id == worker_id)
    ).one_or_none()
    if row is None:
        raise NotFound(worker_id=worker_id)
    nik = vault.open(row.nik_sealed, seals.nik_of(row.nik_index))
    trail.record(
        session,
        actor_id=actor_id,
        action="nik.revealed",
        subject=f"worker:{worker_id}",
        details={"reason": reason.strip()[:200]},
    )
    return nik


def is_registered(session: Session, *, index: bytes) -> bool:
    """Whether a worker has the NIK with this index."""
    return session.scalar(select(Worker.id).where(Worker.nik_index == index)) is not None


def mark_registered(session: Session, worker_ids: Select[int]) -> None:
    """Note that BPJS must have registered these workers: it took a contribution of theirs."""
    session.execute(
        update(Worker)
        .where(Worker.registration != Registration.REGISTERED, Worker.id.in_(worker_ids))
        .values(
            registration=Registration.REGISTERED,
            registered_how=RegisteredHow.PAID,
            registration_note="",
            refused_at=None,
        )
        .execution_options(synchronize_session=False)
    )


def count_by_agent(session: Session, *, agent_ids: Collection[int]) -> Mapping[int, int]:
    """How many workers each of these agents manages."""
    found = {key: int(count) for key, count in session.execute(select(by_agent(agent_ids)))}
    return {key: found.get(key, 0) for key in agent_ids}


def by_agent(agent_ids: Collection[int]) -> Subquery:
    """The `number` of workers of these agents, by `agent_id`; without those who have none."""
    return (
        select(Worker.agent_id, func.count().label("number"))
        .where(Worker.agent_id.in_(agent_ids))
        .group_by(Worker.agent_id)
        .subquery()
    )


def count_in_scope(session: Session, user: User) -> int:
    """How many workers the user may see; in a large office as many as were counted last."""
    offices = kept.split(session, user)
    found = 0
    if offices.read:
        condition = scope.of_agent(user, Worker.agent_id, Worker.office_id)
        query = select(func.count()).select_from(Worker)
        found += session.scalar(query.where(condition, offices.reads(Worker.office_id))) or 0
    if offices.kept:
        query = select(func.coalesce(func.sum(KeptFigure.count), 0))
        found += session.scalar(query.where(kept.of(user, kept.WORKERS))) or 0
    return int(found)


def keep(session: Session) -> None:
    """Keep how many workers each agent of a large office has; this says which office is large."""
    of_office = (
        select(Worker.office_id).group_by(Worker.office_id).having(func.count() > kept.LARGE)
    )
    agent_id = func.coalesce(Worker.agent_id, 0)
    kept.replace(
        session,
        kept.WORKERS,
        select(
            literal(kept.WORKERS).label("name"),
            Worker.office_id,
            agent_id.label("agent_id"),
            literal(NO_MONTH).label("month"),
            func.count().label("count"),
            literal(0).label("amount_idr"),
            literal(0).label("of_idr"),
            literal(clock.now()).label("at"),
        )
        .where(Worker.office_id.in_(of_office))
        .group_by(Worker.office_id, agent_id),
    )
