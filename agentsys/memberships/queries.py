"""How a worker's membership stands, and whom BPJS has not registered yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import coverage
from agentsys.contributions.coverage import Cover, Coverage
from agentsys.contributions.models import ClosedContribution
from agentsys.memberships.ending import FINAL
from agentsys.workers.kinds import (
    CLOSES_ALL,
    CloseReason,
    EndReason,
    Programmes,
    RegisteredHow,
    Registration,
)
from agentsys.workers.models import Enrolment, Worker


class Standing(StrEnum):
    """One word for a worker's membership, of what is stored and of what BPJS confirmed."""

    CANDIDATE = "candidate"  # recorded, without a membership
    RECORDED = "recorded"  # a member here, not registered at BPJS yet
    REFUSED = "refused"  # BPJS refused the data
    REGISTERED = "registered"  # registered at BPJS; no month is confirmed yet
    ACTIVE = "active"
    ARREARS = "arrears"  # one to three months
    LAPSING = "lapsing"  # more than three months: the nightly job ends it
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True)
class Membership:
    """A worker's newest membership and registration; `months_late` counts arrears (1 to 3)."""

    standing: Standing
    coverage: Coverage
    months_late: int
    from_month: date | None
    until_month: date | None
    programmes: Programmes | None
    end_reason: EndReason | None
    end_note: str
    ended_on: date | None
    ended_at: datetime | None
    ended_by: int | None
    registration: Registration
    registered_on: date | None
    registered_how: RegisteredHow | None
    registration_note: str
    kpj: str

    @property
    def can_end(self) -> bool:
        """Whether there is a membership to end."""
        return self.from_month is not None and self.until_month is None

    @property
    def can_resume(self) -> bool:
        """Whether the worker may become a member again."""
        return not self.can_end and self.end_reason not in FINAL

    @property
    def can_die(self) -> bool:
        """Whether a death can be recorded of somebody whose membership ended already."""
        return self.until_month is not None and self.end_reason not in FINAL


@dataclass(frozen=True, kw_only=True)
class ClosedMonth:
    """A bill that was closed, and why."""

    month: date
    amount_idr: int
    why: CloseReason
    closed_at: datetime


def membership_of(session: Session, *, worker_id: int) -> Membership:
    """How the membership of one worker stands today."""
    row = session.execute(
        select(
            Worker.registration,
            Worker.registered_on,
            Worker.registered_how,
            Worker.registration_note,
            Worker.kpj,
            Enrolment.from_month,
            Enrolment.until_month,
            Enrolment.programmes,
            Enrolment.end_reason,
            func.coalesce(Enrolment.end_note, "").label("end_note"),
            Enrolment.ended_on,
            Enrolment.ended_at,
            Enrolment.ended_by,
        )
        .outerjoin(Enrolment, Enrolment.worker_id == Worker.id)
        .where(Worker.id == worker_id)
        .order_by(Enrolment.from_month.desc())
        .limit(1)
    ).one()
    cover = coverage.coverage_of(session, worker_id=worker_id)
    now = clock.this_month()
    return Membership(
        standing=standing(row, cover, now),
        coverage=cover,
        months_late=_months_late(cover, now),
        **row._mapping,
    )


def standing(row: Any, cover: Coverage, this_month: date) -> Standing:
    """The word for a newest enrolment and registration, and what BPJS confirmed."""
    if row.from_month is None:
        return Standing.CANDIDATE
    # A death ends it at once, although the month of the death still belongs to it.
    if row.end_reason in CLOSES_ALL or (row.until_month and row.until_month <= this_month):
        return Standing.ENDED
    match cover.state:
        case Cover.COVERED:
            return Standing.ACTIVE
        case Cover.GRACE:
            return Standing.ARREARS
        case Cover.ENDED if cover.paid_until and cover.paid_until >= row.from_month:
            return Standing.LAPSING
        case _:
            return {
                Registration.WAITING: Standing.RECORDED,
                Registration.REFUSED: Standing.REFUSED,
                Registration.REGISTERED: Standing.REGISTERED,
            }[row.registration]


def _months_late(cover: Coverage, this_month: date) -> int:
    if cover.state is not Cover.GRACE or cover.paid_until is None:
        return 0
    last = cover.paid_until
    return (this_month.year - last.year) * 12 + this_month.month - last.month


def closed_months(session: Session, *, worker_id: int) -> Sequence[ClosedMonth]:
    """The worker's bills that were closed, newest month first."""
    amount = (
        ClosedContribution.jkk_idr + ClosedContribution.jkm_idr + ClosedContribution.jht_idr
    ).label("amount_idr")
    rows = session.execute(
        select(
            ClosedContribution.month, amount, ClosedContribution.why, ClosedContribution.closed_at
        )
        .where(ClosedContribution.worker_id == worker_id)
        .order_by(ClosedContribution.month.desc(), ClosedContribution.id.desc())
        .limit(36)
    )
    return [ClosedMonth(**row._mapping) for row in rows]


def refusal_of(session: Session, *, worker_id: int) -> str:
    """Why BPJS refused the worker's data; empty if it did not, or they are corrected."""
    note = session.scalar(
        select(Worker.registration_note).where(
            Worker.id == worker_id, Worker.registration == Registration.REFUSED
        )
    )
    return note or ""
