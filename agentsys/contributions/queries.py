"""Billing runs, and the workers whom a month is billed for, as far as a user may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.models import BillingRun
from agentsys.figures import kept
from agentsys.figures.models import NO_MONTH, KeptFigure
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Enrolment, Worker


@dataclass(frozen=True, kw_only=True)
class BillingRunRow:
    """One billing run that has ended, and what it did."""

    id: int
    month: date
    billed: int
    already: int
    amount_idr: int
    started_at: datetime
    finished_at: datetime | None
    started_by: str  # empty if no user started it


def billing_runs(
    session: Session, user: User, *, month: date | None = None, limit: int
) -> list[BillingRunRow]:
    """The runs that people of the user's office started, and those for all; newest first."""
    query = (
        select(
            BillingRun.id,
            BillingRun.month,
            BillingRun.billed,
            BillingRun.already,
            BillingRun.amount_idr,
            BillingRun.started_at,
            BillingRun.finished_at,
            func.coalesce(User.name, "").label("started_by"),
        )
        .outerjoin(User, User.id == BillingRun.started_by)
        .where(_of_office(user))
        .order_by(BillingRun.id.desc())
        .limit(limit)
    )
    if month is not None:
        query = query.where(BillingRun.month == month)
    return [BillingRunRow(**row._mapping) for row in session.execute(query)]


def enrolled_workers(session: Session, user: User, *, month: date) -> int:
    """How many workers of the user's office are enrolled in that month.

    For a large office it is the last stored count, if that is for the same month.
    """
    offices = kept.split(session, user)
    if month != clock.this_month():
        offices = kept.Split(frozenset(), frozenset((0,)))
    found = 0
    if offices.read:
        query = _enrolled(month).with_only_columns(func.count())
        where = scope.of_office(user, Worker.office_id)
        found += session.scalar(query.where(where, offices.reads(Worker.office_id))) or 0
    if offices.kept:
        query = select(func.coalesce(func.sum(KeptFigure.count), 0))
        found += session.scalar(query.where(kept.of_offices(user, kept.ENROLLED))) or 0
    return int(found)


def keep(session: Session) -> None:
    """Keep how many workers of each large office are enrolled this month."""
    month = clock.this_month()
    kept.replace(
        session,
        kept.ENROLLED,
        _enrolled(month)
        .with_only_columns(
            literal(kept.ENROLLED).label("name"),
            Worker.office_id,
            literal(0).label("agent_id"),
            literal(NO_MONTH).label("month"),
            func.count().label("count"),
            literal(0).label("amount_idr"),
            literal(0).label("of_idr"),
            literal(clock.now()).label("at"),
        )
        .where(kept.large(Worker.office_id))
        .group_by(Worker.office_id),
    )


def _enrolled(month: date) -> Select[Any]:
    """The enrolments that hold in a month, with their workers."""
    return (
        select(Enrolment.worker_id)
        .join(Worker, Worker.id == Enrolment.worker_id)
        .where(
            Enrolment.from_month <= month,
            or_(Enrolment.until_month.is_(None), Enrolment.until_month > month),
        )
    )


def _of_office(user: User) -> ColumnElement[bool]:
    of_mine = select(User.id).where(
        or_(scope.of_office(user, User.office_id), User.office_id.is_(None))
    )
    for_mine = or_(scope.of_office(user, BillingRun.office_id), BillingRun.office_id.is_(None))
    return and_(for_mine, or_(BillingRun.started_by.is_(None), BillingRun.started_by.in_(of_mine)))
