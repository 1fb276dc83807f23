"""Claims as a user may see them, and what BPJS paid, by kelurahan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from agentsys.benefits.models import Claim, ClaimKind, ClaimState
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.permissions import Permission
from agentsys.people.queries import is_agent
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class ClaimRow:
    """One claim."""

    id: int
    worker_id: int
    worker_name: str
    kelurahan: str
    agent_name: str
    kind: ClaimKind
    happened_on: date
    state: ClaimState
    note: str
    amount_idr: int | None
    paid_on: date | None
    opened_at: datetime


@dataclass(frozen=True, kw_only=True)
class KelurahanSum:
    """What BPJS paid to families of one kelurahan in a year."""

    kelurahan: str
    claims: int
    amount_idr: int


def claims(session: Session, user: User, asked: ListRequest) -> Page[ClaimRow]:
    """The claims in the user's reach."""
    listing = Listing(
        id=Claim.id,
        sorts={
            "opened": Sort(Claim.id, descending=True),
            "worker": Sort(Worker.name),
            "happened": Sort(Claim.happened_on, descending=True),
        },
        search=lambda words: matches(words, Worker.name),
        tabs={
            "open": Claim.state.in_((ClaimState.REPORTED, ClaimState.PAPERS)),
            "paid": Claim.state == ClaimState.PAID,
        },
        agent=is_agent,
    )
    page = listing.page(session, _rows().where(_seen(user)), asked)
    return page.map(lambda row: row_as(ClaimRow, row))


def claim_in_scope(session: Session, user: User, claim_id: int) -> ClaimRow:
    """One claim; NotFound if the user may not see its worker."""
    row = session.execute(_rows().where(Claim.id == claim_id, _seen(user))).one_or_none()
    if row is None:
        raise NotFound()
    return ClaimRow(**row._mapping)


def of_worker(session: Session, *, worker_id: int) -> Sequence[ClaimRow]:
    """The claims about one worker, newest first."""
    rows = session.execute(
        _rows().where(Claim.worker_id == worker_id).order_by(Claim.id.desc()).limit(20)
    )
    return [ClaimRow(**row._mapping) for row in rows]


def paid_by_kelurahan(session: Session, user: User, *, year: int) -> Sequence[KelurahanSum]:
    """What BPJS paid in a year by the workers' kelurahan, most first."""
    total = func.sum(Claim.amount_idr)
    rows = session.execute(
        select(
            Worker.kelurahan,
            func.count().label("claims"),
            total.label("amount_idr"),
        )
        .select_from(Claim)
        .join(Worker, Worker.id == Claim.worker_id)
        .where(
            _seen(user),
            Claim.state == ClaimState.PAID,
            Claim.paid_on >= date(year, 1, 1),
            Claim.paid_on < date(year + 1, 1, 1),
        )
        .group_by(Worker.kelurahan)
        .order_by(total.desc(), Worker.kelurahan)
    )
    return [
        KelurahanSum(kelurahan=row.kelurahan, claims=row.claims, amount_idr=int(row.amount_idr))
        for row in rows
    ]


def _seen(user: User) -> ColumnElement[bool]:
    return scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.WORKER_READ)


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Claim.id,
            Claim.worker_id,
            Worker.name.label("worker_name"),
            Worker.kelurahan,
            func.coalesce(Agent.name, "").label("agent_name"),
            Claim.kind,
            Claim.happened_on,
            Claim.state,
            Claim.note,
            Claim.amount_idr,
            Claim.paid_on,
            Claim.opened_at,
        )
        .join(Worker, Worker.id == Claim.worker_id)
        .outerjoin(Agent, Agent.id == Worker.agent_id)
    )
