"""Reading requests about personal data, and a worker's consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from agentsys.data_rights.models import DataRequest, DataRequestKind, DataRequestState
from agentsys.people.models import User
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class Consent:
    """Whether a worker's data may be used."""

    version: str  # of the text; empty if no consent is recorded
    given_at: datetime | None
    withdrawn_at: datetime | None
    erased_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    """One request about personal data."""

    id: int
    worker_id: int
    kind: DataRequestKind
    asked_how: str
    state: DataRequestState
    asked_by: int
    asked_by_name: str
    asked_at: datetime
    due_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    note: str


def consent_of(session: Session, *, worker_id: int) -> Consent:
    """The consent of one worker."""
    row = session.execute(
        select(
            Worker.consent_text.label("version"),
            Worker.consent_at.label("given_at"),
            Worker.consent_withdrawn_at.label("withdrawn_at"),
            Worker.erased_at,
        ).where(Worker.id == worker_id)
    ).one()
    return Consent(**row._mapping)


def requests_of(session: Session, *, worker_id: int) -> Sequence[RequestRow]:
    """The requests of one worker, newest first."""
    asked, decided = aliased(User), aliased(User)
    rows = session.execute(
        select(
            DataRequest.id,
            DataRequest.worker_id,
            DataRequest.kind,
            DataRequest.asked_how,
            DataRequest.state,
            DataRequest.asked_by,
            asked.name.label("asked_by_name"),
            DataRequest.asked_at,
            DataRequest.due_at,
            decided.name.label("decided_by_name"),
            DataRequest.decided_at,
            DataRequest.note,
        )
        .join(asked, asked.id == DataRequest.asked_by)
        .outerjoin(decided, decided.id == DataRequest.decided_by)
        .where(DataRequest.worker_id == worker_id)
        .order_by(DataRequest.id.desc())
    )
    return [
        RequestRow(**{**row._mapping, "decided_by_name": row.decided_by_name or ""}) for row in rows
    ]


def worker_of(session: Session, *, request_id: int) -> int | None:
    """The worker of a request; None if there is no such request."""
    return session.scalar(select(DataRequest.worker_id).where(DataRequest.id == request_id))
