"""Proposed changes that a user may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.changes.fields import read_at_once, read_proposed, version_at_once
from agentsys.changes.models import ChangeState, WorkerChange
from agentsys.contributions import planned_prices
from agentsys.contributions.repricing import Repriced
from agentsys.crypto import Vault
from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers import family_card
from agentsys.workers.models import Enrolment, Worker

WAITING = (ChangeState.PROPOSED, ChangeState.PLANNED)


@dataclass(frozen=True, kw_only=True)
class ChangeRow:
    """One proposed change."""

    id: int
    worker_id: int
    worker_name: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    from_month: date
    effect: Sequence[Mapping[str, Any]]
    reason: str
    state: ChangeState
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str  # empty while it waits
    decided_at: datetime | None
    note: str

    @property
    def paid(self) -> list[Repriced]:
        """The months that were paid when it was proposed, whose price would be another one."""
        return [
            Repriced(
                month=date.fromisoformat(found["month"]),
                before_idr=found["before_idr"],
                after_idr=found["after_idr"],
                paid=True,
            )
            for found in self.effect
            if found["paid"]
        ]


@dataclass(frozen=True, kw_only=True)
class Current:
    """The present values of a worker's fields, as texts."""

    at_once: Mapping[str, str]
    version: str  # of the fields that change at once
    proposed: Mapping[str, str]  # the NIK masked
    runs: bool  # whether a membership runs, whose price can change


def current(session: Session, *, worker_id: int) -> Current:
    """The fields of one worker that people may change."""
    worker = session.get_one(Worker, worker_id)
    newest = session.scalar(
        select(Enrolment)
        .where(Enrolment.worker_id == worker_id)
        .order_by(Enrolment.from_month.desc())
        .limit(1)
    )
    return Current(
        at_once=read_at_once(worker),
        version=version_at_once(worker),
        proposed=read_proposed(worker, newest),
        runs=newest is not None and newest.until_month is None,
    )


def kk_masked(session: Session, vault: Vault, *, worker_id: int) -> str:
    """The number of the worker's family card, masked; empty if it is not known."""
    return family_card.masked_of(vault, session.get_one(Worker, worker_id))


def waiting(session: Session, user: User, *, limit: int) -> list[ChangeRow]:
    """The changes in the user's reach that wait for a second person, oldest first."""
    query = _rows(user).where(WorkerChange.state == ChangeState.PROPOSED)
    return _read(session, query.order_by(WorkerChange.id).limit(limit))


def planned(session: Session, user: User, *, limit: int) -> list[ChangeRow]:
    """The changes in the user's reach whose month has not begun, the next ones first."""
    query = _rows(user).where(WorkerChange.state == ChangeState.PLANNED)
    return _read(session, query.order_by(WorkerChange.from_month, WorkerChange.id).limit(limit))


def decided(session: Session, user: User, *, limit: int) -> list[ChangeRow]:
    """The changes in the user's reach that were decided last, the newest first."""
    query = _rows(user).where(WorkerChange.state.not_in(WAITING))
    return _read(session, query.order_by(WorkerChange.id.desc()).limit(limit))


def one(session: Session, user: User, change_id: int) -> ChangeRow:
    """One change; NotFound if it is out of the user's reach."""
    found = _read(session, _rows(user).where(WorkerChange.id == change_id))
    if not found:
        raise NotFound()
    return found[0]


def is_held(session: Session, *, worker_id: int) -> bool:
    """Whether a planned change still waits for its month: it ends with the membership."""
    return planned_prices.of_worker(session, worker_id) is not None


def of_worker(
    session: Session, *, worker_id: int, state: ChangeState = ChangeState.PROPOSED
) -> ChangeRow | None:
    """The change of a worker that waits for a second person, or for its month."""
    query = _all().where(WorkerChange.worker_id == worker_id, WorkerChange.state == state)
    return next(iter(_read(session, query)), None)


def _rows(user: User) -> Select[*tuple[Any, ...]]:
    reach = scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.CHANGE_READ)
    return _all().where(reach)


def _all() -> Select[*tuple[Any, ...]]:
    proposer, decider = aliased(User), aliased(User)
    return (
        select(
            WorkerChange.id,
            WorkerChange.worker_id,
            Worker.name.label("worker_name"),
            WorkerChange.before,
            WorkerChange.after,
            WorkerChange.from_month,
            WorkerChange.effect,
            WorkerChange.reason,
            WorkerChange.state,
            WorkerChange.proposed_by,
            proposer.name.label("proposer"),
            WorkerChange.proposed_at,
            func.coalesce(decider.name, "").label("decider"),
            WorkerChange.decided_at,
            WorkerChange.note,
        )
        .join(Worker, Worker.id == WorkerChange.worker_id)
        .join(proposer, proposer.id == WorkerChange.proposed_by)
        .outerjoin(decider, decider.id == WorkerChange.decided_by)
    )


def _read(session: Session, query: Select[*tuple[Any, ...]]) -> list[ChangeRow]:
    return [ChangeRow(**row._mapping) for row in session.execute(query)]
