"""Open work about people and their data."""

from __future__ import annotations

from sqlalchemy import case, func

from agentsys.data_rights.models import DataRequest, DataRequestKind, DataRequestState
from agentsys.work.columns import waiting
from agentsys.workers.models import Worker

# Who recorded an erasure may not carry it out.
_ERASES = case((DataRequest.kind == DataRequestKind.ERASURE, DataRequest.asked_by))
DATA_REQUESTS = (
    waiting(
        "data.request",
        DataRequest.id,
        since=DataRequest.asked_at,
        office_id=DataRequest.office_id,
        agent_id=Worker.agent_id,
        worker_id=DataRequest.worker_id,
        due_at=DataRequest.due_at,
        about=func.concat("data:", DataRequest.kind),
        not_by=_ERASES,
    )
    .join(Worker, Worker.id == DataRequest.worker_id)
    .where(DataRequest.state == DataRequestState.OPEN)
)
