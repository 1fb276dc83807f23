"""Merges as a user may see them, and where a merged worker is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.duplicates import undoing
from agentsys.duplicates.merge_models import MergeState, WorkerMerge
from agentsys.errors import NotFound
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class MergeRow:
    """A merge of two records, as lists and pages show it."""

    id: int
    kept_id: int
    kept_name: str
    kept_nik: str  # masked
    merged_id: int
    merged_name: str
    merged_nik: str  # masked
    effect: Mapping[str, Any]
    reason: str
    state: MergeState
    proposed_by: int
    proposer: str
    proposed_at: datetime
    decider: str  # empty while it waits
    decided_at: datetime | None
    note: str
    undoer: str
    undone_at: datetime | None
    undo_reason: str


def merge_in_scope(session: Session, user: User, merge_id: int) -> MergeRow:
    """One merge; NotFound if the worker that is kept is out of the user's reach."""
    row = session.execute(_rows(user).where(WorkerMerge.id == merge_id)).one_or_none()
    if row is None:
        raise NotFound()
    return MergeRow(**row._mapping)


def latest_of(session: Session, user: User, *, first_id: int, second_id: int) -> MergeRow | None:
    """The newest merge of two workers."""
    both = (first_id, second_id)
    row = session.execute(
        _rows(user)
        .where(WorkerMerge.kept_id.in_(both), WorkerMerge.merged_id.in_(both))
        .order_by(WorkerMerge.id.desc())
        .limit(1)
    ).one_or_none()
    return MergeRow(**row._mapping) if row else None


def kept_of(session: Session, worker_id: int) -> int | None:
    """Into whom a worker was merged; None if he was not."""
    return session.scalar(select(Worker.merged_into).where(Worker.id == worker_id))


def undo_problem(session: Session, merge_id: int) -> str:
    """Why a merge cannot be undone any more; empty if it can."""
    return undoing.problem(session, session.get_one(WorkerMerge, merge_id))


def _rows(user: User) -> Select[*tuple[Any, ...]]:
    kept, merged = aliased(Worker), aliased(Worker)
    proposer, decider, undoer = aliased(User), aliased(User), aliased(User)
    reach = scope.of_agent(user, kept.agent_id, kept.office_id, to=Permission.DUPLICATE_READ)
    other = scope.of_agent(user, merged.agent_id, merged.office_id, to=Permission.DUPLICATE_READ)
    return (
        select(
            WorkerMerge.id,
            WorkerMerge.kept_id,
            kept.name.label("kept_name"),
            kept.nik_masked.label("kept_nik"),
            WorkerMerge.merged_id,
            merged.name.label("merged_name"),
            merged.nik_masked.label("merged_nik"),
            WorkerMerge.effect,
            WorkerMerge.reason,
            WorkerMerge.state,
            WorkerMerge.proposed_by,
            proposer.name.label("proposer"),
            WorkerMerge.proposed_at,
            func.coalesce(decider.name, "").label("decider"),
            WorkerMerge.decided_at,
            WorkerMerge.note,
            func.coalesce(undoer.name, "").label("undoer"),
            WorkerMerge.undone_at,
            WorkerMerge.undo_reason,
        )
        .join(kept, kept.id == WorkerMerge.kept_id)
        .join(merged, merged.id == WorkerMerge.merged_id)
        .join(proposer, proposer.id == WorkerMerge.proposed_by)
        .outerjoin(decider, decider.id == WorkerMerge.decided_by)
        .outerjoin(undoer, undoer.id == WorkerMerge.undone_by)
        .where(reach | other)
    )
