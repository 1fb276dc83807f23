"""Which agent manages a worker, from a month on."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.workers.enrolment import working_agent
from agentsys.workers.models import Assignment, Worker


def assign(
    session: Session, *, worker_id: int, agent_id: int, from_month: date, actor_id: int | None
) -> Assignment:
    """Assign the worker to an agent from a month on; the previous assignment ends there."""
    worker = _locked(session, worker_id)
    agent = working_agent(session, agent_id)
    if agent.office_id != worker.office_id:
        raise Invalid("Agen ini dari kantor lain. Pilih agen dari kantor pekerja.")
    open_ = session.scalar(
        select(Assignment)
        .where(
            Assignment.worker_id == worker_id,
            or_(Assignment.until_month.is_(None), Assignment.until_month > from_month),
        )
        .order_by(Assignment.from_month.desc())
    )
    if open_ is not None and open_.agent_id == agent_id and open_.until_month is None:
        return open_
    if open_ is not None and open_.from_month > from_month:
        raise Conflict(
            "Pekerja ini sudah dipindahkan untuk bulan sesudahnya. Pilih bulan yang lebih akhir."
        )
    if open_ is not None and open_.from_month == from_month:
        # The previous assignment would begin in the same month: it is replaced.
        session.delete(open_)
        session.flush()
    elif open_ is not None:
        open_.until_month = from_month
        session.flush()
    made = Assignment(worker_id=worker_id, agent_id=agent_id, from_month=from_month)
    session.add(made)
    before = worker.agent_id
    worker.agent_id = agent_id
    worker.updated_at = clock.now()
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="worker.assigned",
        subject=f"worker:{worker_id}",
        details={"from_agent_id": before, "agent_id": agent_id, "month": from_month},
    )
    return made


def _locked(session: Session, worker_id: int) -> Worker:
    worker = session.get(
        Worker, worker_id, with_for_update={"key_share": True}, populate_existing=True
    )
    if worker is None:
        raise NotFound(worker_id=worker_id)
    if worker.merged_into is not None:
        raise Conflict(
            "Catatan ini sudah digabung ke catatan lain dari orang yang sama. Buka catatan itu."
        )
    return worker
