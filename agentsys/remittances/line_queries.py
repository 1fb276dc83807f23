"""Contributions in a batch for BPJS, and those that are held back from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, extract, or_, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution, ContributionState
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent
from agentsys.workers.models import Programmes, Worker

# A sheet holds 1,048,576 rows; programs and portals open far fewer at ease.
ROWS_OF_A_FILE = 100_000


@dataclass(frozen=True, kw_only=True)
class BatchLine:
    """One contribution in a batch."""

    worker_id: int
    worker_name: str
    nik_masked: str
    kpj: str
    month: date
    amount_idr: int
    state: ContributionState


@dataclass(frozen=True, kw_only=True)
class HeldLine(BatchLine):
    """One contribution that is held back, and why."""

    hold_reason: str
    held_at: datetime
    held_by: str


@dataclass(frozen=True, kw_only=True)
class ExportLine:
    """One contribution of a batch, as EPS wants it."""

    nik_sealed: bytes
    nik_index: bytes
    nik_masked: str
    kpj: str
    name: str
    birth_date: date
    month: date
    programmes: Programmes
    jkk_idr: int
    jkm_idr: int
    jht_idr: int
    amount_idr: int


def held_lines(session: Session, user: User, asked: ListRequest) -> Page[HeldLine]:
    """The contributions that are held back, the longest first."""
    query = (
        select(
            *_LINE,
            Contribution.hold_reason,
            Contribution.held_at,
            User.name.label("held_by"),
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .join(User, User.id == Contribution.held_by)
        .outerjoin(Agent, Agent.id == Contribution.agent_id)
        .where(
            Contribution.held_at.is_not(None),
            scope.of_office(user, Contribution.office_id),
        )
    )
    held = {"held": Sort(Contribution.held_at)}
    listing = _listing(sorts=held, agent=is_agent, at=Contribution.held_at)
    return listing.page(session, query, asked).map(lambda row: row_as(HeldLine, row))


def lines_of(
    session: Session, remittance_id: int, asked: ListRequest, *, total: int | None = None
) -> Page[BatchLine]:
    """The contributions in a batch, in the order of the list for EPS.

    Pass how many there are, if you know it, so that an unfiltered list is not counted.
    """
    query = (
        select(*_LINE)
        .join(Worker, Worker.id == Contribution.worker_id)
        .where(Contribution.remittance_id == remittance_id)
    )
    listing = _listing(sorts={"listed": Sort(Contribution.worker_id)})
    unfiltered = not listing.conditions(asked)
    page = listing.page(session, query, asked, total=total if unfiltered else None)
    return page.map(lambda row: row_as(BatchLine, row))


def parts(count: int) -> int:
    """How many files the list of so many contributions needs."""
    return max(1, -(-count // ROWS_OF_A_FILE))


def export_lines(session: Session, remittance_id: int, *, part: int = 1) -> Iterator[ExportLine]:
    """The contributions of a batch for one of its files (the first is 1), a thousand at a time."""
    rows = session.execute(
        select(
            Worker.nik_sealed,
            Worker.nik_index,
            Worker.nik_masked,
            Worker.kpj,
            Worker.name,
            Worker.birth_date,
            Contribution.month,
            Contribution.programmes,
            Contribution.jkk_idr,
            Contribution.jkm_idr,
            Contribution.jht_idr,
            Contribution.amount_idr,
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .where(Contribution.remittance_id == remittance_id)
        .order_by(Contribution.worker_id, Contribution.month)
        .offset((part - 1) * ROWS_OF_A_FILE)
        .limit(ROWS_OF_A_FILE)
        .execution_options(yield_per=1000)
    )
    for row in rows:
        yield ExportLine(**row._mapping)


_LINE: tuple[Any, ...] = (
    Contribution.worker_id,
    Worker.name.label("worker_name"),
    Worker.nik_masked,
    Worker.kpj,
    Contribution.month,
    Contribution.amount_idr,
    Contribution.state,
)


# A contribution is named by its worker and month; a list needs one number.
_NUMBER: ColumnElement[Any] = (
    Contribution.worker_id * 100_000
    + cast(extract("year", Contribution.month), BigInteger) * 12
    + cast(extract("month", Contribution.month), BigInteger)
)


def _listing(*, sorts: Mapping[str, Sort], **more: Any) -> Listing:
    both = {
        **sorts,
        "worker": Sort(Worker.name),
        "month": Sort(Contribution.month),
        "amount": Sort(Contribution.amount_idr, descending=True),
    }
    return Listing(
        id=_NUMBER, sorts=both, search=_by_worker, amount=Contribution.amount_idr, **more
    )


def _by_worker(words: str) -> ColumnElement[bool]:
    return or_(Worker.name.icontains(words, autoescape=True), Worker.kpj == words)
