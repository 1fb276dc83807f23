"""Records of months paid elsewhere, as a user may see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from agentsys.contributions.earlier_models import COUNTS, EarlierKind, EarlierPeriod, EarlierState
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import is_agent
from agentsys.workers.models import Worker

_WAITING = (EarlierState.PROPOSED, EarlierState.RETRACTING)
_Proposer, _Asker = aliased(User), aliased(User)


@dataclass(frozen=True, kw_only=True)
class EarlierRow:
    """Months of a worker that are recorded as paid elsewhere."""

    id: int
    worker_id: int
    worker_name: str
    agent_name: str
    agent_user_id: int | None
    from_month: date
    until_month: date
    kind: EarlierKind
    evidence: str
    state: EarlierState
    reason: str
    proposed_by: int
    proposed_at: datetime
    proposer: str
    retracted_by: int | None
    asker: str

    @property
    def last_month(self) -> date:
        """The last month that is part of it."""
        return add_months(self.until_month, -1)

    @property
    def months(self) -> int:
        """How many months it has."""
        first, until = self.from_month, self.until_month
        return (until.year - first.year) * 12 + until.month - first.month

    @property
    def waits(self) -> bool:
        """Whether it waits for a second person."""
        return self.state in _WAITING

    def may_be_decided_by(self, user_id: int) -> bool:
        """Whether this person is neither who asked nor the worker's agent."""
        asked = self.retracted_by if self.state is EarlierState.RETRACTING else self.proposed_by
        return self.waits and user_id not in (asked, self.agent_user_id)


def periods(session: Session, user: User, asked: ListRequest) -> Page[EarlierRow]:
    """The records in the user's reach."""
    listing = Listing(
        id=EarlierPeriod.id,
        sorts={
            "proposed": Sort(EarlierPeriod.id),
            "worker": Sort(Worker.name),
        },
        search=lambda words: matches(words, Worker.name),
        tabs={
            "waiting": EarlierPeriod.state.in_(_WAITING),
            "counted": EarlierPeriod.state.in_(COUNTS),
        },
        agent=is_agent,
    )
    page = listing.page(session, _rows().where(_seen(user)), asked)
    return page.map(lambda row: row_as(EarlierRow, row))


def of_worker(session: Session, *, worker_id: int) -> Sequence[EarlierRow]:
    """All records about one worker, newest months first."""
    rows = session.execute(
        _rows()
        .where(EarlierPeriod.worker_id == worker_id)
        .order_by(EarlierPeriod.from_month.desc(), EarlierPeriod.id.desc())
        .limit(50)
    )
    return [EarlierRow(**row._mapping) for row in rows]


def period_in_scope(session: Session, user: User, period_id: int) -> EarlierRow:
    """One record; NotFound if the user may not see its worker."""
    row = session.execute(_rows().where(EarlierPeriod.id == period_id, _seen(user))).one_or_none()
    if row is None:
        raise NotFound()
    return EarlierRow(**row._mapping)


def _seen(user: User) -> Any:
    return scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.WORKER_READ)


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            EarlierPeriod.id,
            EarlierPeriod.worker_id,
            Worker.name.label("worker_name"),
            func.coalesce(Agent.name, "").label("agent_name"),
            Agent.user_id.label("agent_user_id"),
            EarlierPeriod.from_month,
            EarlierPeriod.until_month,
            EarlierPeriod.kind,
            EarlierPeriod.evidence,
            EarlierPeriod.state,
            EarlierPeriod.reason,
            EarlierPeriod.proposed_by,
            EarlierPeriod.proposed_at,
            func.coalesce(_Proposer.name, "").label("proposer"),
            EarlierPeriod.retracted_by,
            func.coalesce(_Asker.name, "").label("asker"),
        )
        .join(Worker, Worker.id == EarlierPeriod.worker_id)
        .outerjoin(Agent, Agent.id == Worker.agent_id)
        .outerjoin(_Proposer, _Proposer.id == EarlierPeriod.proposed_by)
        .outerjoin(_Asker, _Asker.id == EarlierPeriod.retracted_by)
    )
