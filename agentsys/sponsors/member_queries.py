"""Reading whom an agreement names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason
from agentsys.agreements.models import AgreementMember
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.workers.models import Enrolment, Worker

CANDIDATES = 12  # names that a search shows


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """A worker whom an agreement names or named."""

    worker_id: int
    name: str
    nik_masked: str
    kelurahan: str
    from_month: date
    until_month: date | None
    why_left: LeaveReason | None
    left_note: str
    replaced: str  # the name of the worker whose place this one took
    pays: bool  # whether this agreement pays from this month on, or from a later one


@dataclass(frozen=True, kw_only=True)
class MemberCounts:
    """How many of an agreement's workers are in each tab of its page."""

    paid: int
    other: int


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A worker who may take a place on an agreement."""

    worker_id: int
    name: str
    nik_masked: str
    kelurahan: str


def members(
    session: Session, agreement_id: int, asked: ListRequest, *, total: int | None = None
) -> Page[MemberRow]:
    """The workers of an agreement, those whom it names now unless a tab asks for others.

    `total` is how many it names now, if the caller knows it.
    """
    open_now = AgreementMember.until_month.is_(None)
    listing = Listing(
        id=AgreementMember.worker_id,
        sorts={
            "name": Sort(Worker.name),
            "since": Sort(AgreementMember.from_month),
            "kelurahan": Sort(Worker.kelurahan),
        },
        search=lambda words: matches(words, Worker.name, Worker.kelurahan),
        tabs={
            "paid": and_(open_now, _pays()),
            "other": and_(open_now, not_(_pays())),
            "left": not_(open_now),
        },
    )
    other = aliased(Worker)
    query = (
        select(
            AgreementMember.worker_id,
            Worker.name,
            Worker.nik_masked,
            Worker.kelurahan,
            AgreementMember.from_month,
            AgreementMember.until_month,
            AgreementMember.why_left,
            AgreementMember.left_note,
            func.coalesce(other.name, "").label("replaced"),
            _pays().label("pays"),
        )
        .join(Worker, Worker.id == AgreementMember.worker_id)
        .outerjoin(other, other.id == AgreementMember.replaces_id)
        .where(AgreementMember.agreement_id == agreement_id, _is_last())
    )
    if asked.tab not in listing.tabs:
        query = query.where(open_now)
    plain = not listing.conditions(asked)
    page = listing.page(session, query, asked, total=total if plain else None)
    return page.map(lambda row: row_as(MemberRow, row))


def counts(session: Session, agreement_id: int) -> MemberCounts:
    """How many of those whom an agreement names it pays for, and for how many others do."""
    paid, everybody = session.execute(
        select(func.count().filter(_pays()), func.count())
        .select_from(AgreementMember)
        .where(AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None))
    ).one()
    return MemberCounts(paid=paid, other=everybody - paid)


def member(session: Session, agreement_id: int, worker_id: int) -> Candidate:
    """A worker whom an agreement names now; NotFound if it does not."""
    row = session.execute(
        select(Worker.id.label("worker_id"), Worker.name, Worker.nik_masked, Worker.kelurahan)
        .join(AgreementMember, AgreementMember.worker_id == Worker.id)
        .where(
            AgreementMember.agreement_id == agreement_id,
            AgreementMember.until_month.is_(None),
            Worker.id == worker_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return Candidate(**row._mapping)


def candidates(
    session: Session, *, office_id: int, agreement_id: int, words: str
) -> Sequence[Candidate]:
    """Workers of an office with that name whom the agreement does not name, a few of them."""
    named = exists().where(
        AgreementMember.agreement_id == agreement_id,
        AgreementMember.worker_id == Worker.id,
        AgreementMember.until_month.is_(None),
    )
    rows = session.execute(
        select(Worker.id.label("worker_id"), Worker.name, Worker.nik_masked, Worker.kelurahan)
        .where(
            Worker.office_id == office_id,
            Worker.merged_into.is_(None),
            Worker.erased_at.is_(None),
            matches(words, Worker.name),
            not_(named),
        )
        .order_by(Worker.name, Worker.id)
        .limit(CANDIDATES)
    )
    return [Candidate(**row._mapping) for row in rows]


def _pays() -> ColumnElement[bool]:
    """Whether the agreement pays for its member now or from a later month on."""
    return exists().where(
        Enrolment.worker_id == AgreementMember.worker_id,
        Enrolment.agreement_id == AgreementMember.agreement_id,
        or_(Enrolment.until_month.is_(None), Enrolment.until_month > clock.this_month()),
    )


def _is_last() -> ColumnElement[bool]:
    """The newest of the times for which an agreement named a worker."""
    later = aliased(AgreementMember)
    return not_(
        exists().where(
            later.agreement_id == AgreementMember.agreement_id,
            later.worker_id == AgreementMember.worker_id,
            later.from_month > AgreementMember.from_month,
        )
    )
