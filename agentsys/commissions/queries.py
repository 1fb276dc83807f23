"""Commission runs and statements, as far as a user may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.commissions.basis import month_bounds
from agentsys.commissions.models import CommissionRun
from agentsys.contributions.models import Contribution
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent
from agentsys.workers.models import NewToBpu, Worker

# Each worker counted is looked for in every month's table.
UNANSWERED_COUNTED = 100


@dataclass(frozen=True, kw_only=True)
class CommissionRunRow:
    """One computation of a month, with its results."""

    id: int
    month: date
    agents: int
    lines: int
    amount_idr: int
    started_at: datetime
    finished_at: datetime | None
    failures: Mapping[str, Any]  # by the agent's code
    started_by: str  # empty if it started by itself


@dataclass(frozen=True, kw_only=True)
class UnansweredWorker:
    """A worker about whom BPJS' answer is not recorded, though a commission depends on it."""

    id: int
    name: str
    nik_masked: str
    kpj: str
    agent_name: str


def commission_runs(session: Session, user: User, asked: ListRequest) -> Page[CommissionRunRow]:
    """The runs of the user's office, the newest first."""
    listing = Listing(
        id=CommissionRun.id,
        sorts={
            "started": Sort(CommissionRun.id, descending=True),
            "month": Sort(CommissionRun.month, descending=True),
            "amount": Sort(CommissionRun.amount_idr, descending=True),
        },
        at=CommissionRun.started_at,
        amount=CommissionRun.amount_idr,
    )
    query = (
        select(
            CommissionRun.id,
            CommissionRun.month,
            CommissionRun.agents,
            CommissionRun.lines,
            CommissionRun.amount_idr,
            CommissionRun.started_at,
            CommissionRun.finished_at,
            CommissionRun.failures,
            func.coalesce(User.name, "").label("started_by"),
        )
        .outerjoin(User, User.id == CommissionRun.started_by)
        .where(scope.of_office(user, CommissionRun.office_id))
    )
    return listing.page(session, query, asked).map(lambda row: row_as(CommissionRunRow, row))


def waiting_for_answer(session: Session, user: User, asked: ListRequest) -> Page[UnansweredWorker]:
    """Workers without an answer whom BPJS confirmed since last month began."""
    since, _until = month_bounds(add_months(clock.this_month(), -1))
    # What was confirmed since last month is mostly for these months, so they are read first.
    recent = Contribution.month >= add_months(clock.this_month(), -2)
    confirmed = [
        exists().where(
            Contribution.worker_id == Worker.id, Contribution.confirmed_at >= since, months
        )
        for months in (recent, ~recent)
    ]
    listing = Listing(
        id=Worker.id,
        sorts={
            "added": Sort(Worker.id),
            "name": Sort(Worker.name),
            "agent": Sort(func.coalesce(Agent.name, "")),
        },
        search=lambda words: or_(
            Worker.name.icontains(words, autoescape=True), Worker.kpj == words
        ),
        agent=is_agent,
        counted=UNANSWERED_COUNTED,
    )
    query = (
        select(
            Worker.id,
            Worker.name,
            Worker.nik_masked,
            Worker.kpj,
            func.coalesce(Agent.name, "").label("agent_name"),
        )
        .outerjoin(Agent, Agent.id == Worker.agent_id)
        .where(
            scope.of_agent(user, Worker.agent_id, Worker.office_id),
            Worker.new_to_bpu == NewToBpu.UNKNOWN,
            or_(*confirmed),
        )
    )
    return listing.page(session, query, asked).map(lambda row: row_as(UnansweredWorker, row))
