"""Reading whom an agreement names, the versions of its list, and who is paid for twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason, VersionState
from agentsys.agreements.models import Agreement, AgreementMember, ListVersion
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Enrolment, Worker

EXAMPLES = 12  # names of a version's page
VERSIONS = 50  # of an agreement's page, the newest


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


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """One version of an agreement's list."""

    id: int
    agreement_id: int
    number: int
    decree: str
    decreed_on: date
    from_month: date
    whole: bool
    state: VersionState
    people: int
    added: int
    left: int
    changed: int
    same: int
    made_by: int | None
    made_by_name: str
    made_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    note: str


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
        .limit(EXAMPLES)
    )
    return [Candidate(**row._mapping) for row in rows]


def versions(session: Session, agreement_id: int) -> Sequence[VersionRow]:
    """The versions of an agreement's list, the newest first."""
    query = _versions().where(ListVersion.agreement_id == agreement_id)
    rows = session.execute(query.order_by(ListVersion.number.desc()).limit(VERSIONS))
    return [VersionRow(**row._mapping) for row in rows]


def version_in_scope(session: Session, user: User, version_id: int) -> VersionRow:
    """One version of a list; NotFound if it is not of the user's offices."""
    query = _versions().join(Agreement, Agreement.id == ListVersion.agreement_id)
    query = query.where(ListVersion.id == version_id, scope.of_office(user, Agreement.office_id))
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound()
    return VersionRow(**row._mapping)


def names_of(session: Session, worker_ids: Sequence[int]) -> Sequence[tuple[int, str, str]]:
    """The id, name and kelurahan of the first of these workers, for examples on a page."""
    rows = session.execute(
        select(Worker.id, Worker.name, Worker.kelurahan)
        .where(Worker.id.in_(worker_ids[:EXAMPLES]))
        .order_by(Worker.name, Worker.id)
    )
    return [(key, name, kelurahan) for key, name, kelurahan in rows]


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


def _versions() -> Any:
    maker, decider = aliased(User), aliased(User)
    return (
        select(
            ListVersion.id,
            ListVersion.agreement_id,
            ListVersion.number,
            ListVersion.decree,
            ListVersion.decreed_on,
            ListVersion.from_month,
            ListVersion.whole,
            ListVersion.state,
            ListVersion.people,
            ListVersion.added,
            ListVersion.left.label("left"),
            ListVersion.changed,
            ListVersion.same,
            ListVersion.made_by,
            func.coalesce(maker.name, "").label("made_by_name"),
            ListVersion.made_at,
            func.coalesce(decider.name, "").label("decided_by_name"),
            ListVersion.decided_at,
            ListVersion.note,
        )
        .outerjoin(maker, maker.id == ListVersion.made_by)
        .outerjoin(decider, decider.id == ListVersion.decided_by)
    )
