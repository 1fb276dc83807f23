"""What is new for an agent: money and statements that came back, and workers to visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission, RoleHolder
from agentsys.work import open_items
from agentsys.work.kind import Kind
from agentsys.work.kinds import BY_KEY
from agentsys.work.written_query import rows
from agentsys.workers.models import Worker

# Some of these kinds are decided by others, after the agent has corrected something.
NEWS = frozenset(
    BY_KEY[key]
    for key in (
        "deposit.returned",
        "contribution.held",
        "statement.returned",
        "debit.visit",
        "debit.needs_payer",
        "mandate.ended",
    )
)


@dataclass(frozen=True, kw_only=True)
class News:
    """One thing that an agent should know of."""

    kind: Kind
    about: str
    amount_idr: int | None
    since: datetime
    worker: str


def new_for_agent(session: Session, user: User, *, limit: int = 5) -> list[News]:
    """What an agent should know of, newest first, also if others decide it."""
    found = rows(session, user, _newest, limit)
    return [
        News(
            kind=BY_KEY[kind], about=about or "", amount_idr=amount, since=since, worker=name or ""
        )
        for kind, about, amount, since, name in found
    ]


def _newest(user: RoleHolder, limit: int) -> Select[Any]:
    work = open_items.united(NEWS)
    columns: Any = work.c
    mine = scope.of_agent(user, columns.agent_id, columns.office_id, to=Permission.PORTFOLIO_READ)
    return (
        select(work.c.kind, work.c.about, work.c.amount_idr, work.c.since, Worker.name)
        .outerjoin_from(work, Worker, Worker.id == work.c.worker_id)
        .where(mine)
        .order_by(work.c.since.desc(), work.c.subject)
        .limit(limit)
    )
