"""Changes after a worker was enrolled: another agent, or the end of the membership."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid, NotFound
from agentsys.workers.enrolment import working_agent
from agentsys.workers.models import Assignment, Enrolment, Worker


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


def end_enrolment(
    session: Session,
    *,
    worker_id: int,
    until_month: date,
    actor_id: int | None,
    reason: str = "",
) -> Enrolment:
    """End the worker's enrolment; the given month is the first one without cover."""
    _locked(session, worker_id)
    enrolment = session.scalar(
        select(Enrolment)
        .where(
            Enrolment.worker_id == worker_id,
            or_(Enrolment.until_month.is_(None), Enrolment.until_month > until_month),
        )
        .order_by(Enrolment.from_month.desc())
    )
    if enrolment is None:
        raise NotFound("Pekerja ini tidak punya kepesertaan yang masih berjalan.")
    if until_month <= enrolment.from_month:
        raise Invalid("Bulan akhir harus sesudah bulan mulai kepesertaan.")
    enrolment.until_month = until_month
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="enrolment.ended",
        subject=f"worker:{worker_id}",
        details={"until_month": until_month, "reason": reason[:200]},
    )
    return enrolment


def _locked(session: Session, worker_id: int) -> Worker:
    worker = session.get(Worker, worker_id, with_for_update=True, populate_existing=True)
    if worker is None:
        raise NotFound(worker_id=worker_id)
    return worker
