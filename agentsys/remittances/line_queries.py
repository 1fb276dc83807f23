"""Contributions in a batch for BPJS, and those that are held back from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution, ContributionState
from agentsys.errors import NotFound
from agentsys.months import parse_month
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Programmes, Worker


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

    @property
    def place(self) -> str:
        """The place after which the next page of such a list begins."""
        return f"{self.worker_id}:{self.month:%Y-%m}"


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


def held_lines(session: Session, user: User, *, after: str = "", limit: int) -> list[HeldLine]:
    """The contributions that are held back, by worker and month."""
    query = (
        select(
            *_LINE,
            Contribution.hold_reason,
            Contribution.held_at,
            User.name.label("held_by"),
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .join(User, User.id == Contribution.held_by)
        .where(
            Contribution.held_at.is_not(None),
            scope.of_office(user, Contribution.office_id),
        )
    )
    return [HeldLine(**row._mapping) for row in session.execute(_lines(query, after, limit))]


def lines_of(
    session: Session, remittance_id: int, *, after: str = "", limit: int
) -> list[BatchLine]:
    """The contributions in a batch, by worker and month."""
    query = (
        select(*_LINE)
        .join(Worker, Worker.id == Contribution.worker_id)
        .where(Contribution.remittance_id == remittance_id)
    )
    return [BatchLine(**row._mapping) for row in session.execute(_lines(query, after, limit))]


def export_lines(session: Session, remittance_id: int) -> Iterator[ExportLine]:
    """All contributions of a batch, a thousand at a time."""
    rows = session.execute(
        select(
            Worker.nik_sealed,
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


def _lines(query: Select[Any], after: str, limit: int) -> Select[Any]:
    key = (Contribution.worker_id, Contribution.month)
    worker, _colon, month = after.partition(":")
    if worker:
        try:
            mark = (int(worker[:18]), parse_month(month))
        except ValueError as error:
            raise NotFound() from error
        query = query.where(tuple_(*key) > mark)
    return query.order_by(*key).limit(limit)
