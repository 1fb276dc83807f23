"""Billing runs, and the workers whom a month is billed for, as far as a user may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import BillingRun
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
    started_by: str  # empty if it started by itself


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
    """How many workers of the user's office are enrolled in that month."""
    count = session.scalar(
        select(func.count())
        .select_from(Enrolment)
        .join(Worker, Worker.id == Enrolment.worker_id)
        .where(
            scope.of_office(user, Worker.office_id),
            Enrolment.from_month <= month,
            or_(Enrolment.until_month.is_(None), Enrolment.until_month > month),
        )
    )
    return count or 0


def _of_office(user: User) -> ColumnElement[bool]:
    of_mine = select(User.id).where(
        or_(scope.of_office(user, User.office_id), User.office_id.is_(None))
    )
    return or_(BillingRun.started_by.is_(None), BillingRun.started_by.in_(of_mine))
