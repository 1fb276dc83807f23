"""Reading sponsors and their agreements as typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.agreements.kinds import AgreementState, BillState, PriceBasis, SponsorKind
from agentsys.agreements.models import Agreement, AgreementMember, Bill, Sponsor
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.months import HEAD_OFFICE, add_months
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Worker

MOST_TO_CHOOSE = 200  # agreements in a list of choices


@dataclass(frozen=True, kw_only=True)
class SponsorRow:
    """One sponsor, and how many of its agreements are in force."""

    id: int
    office_id: int
    office_name: str
    kind: SponsorKind
    name: str
    address: str
    contact_name: str
    contact_phone: str
    contact_email: str
    treasurer: str
    agreements: int


@dataclass(frozen=True, kw_only=True)
class AgreementRow:
    """One agreement, the people whom it names now, and what its sent bills asked."""

    id: int
    number: str
    state: AgreementState
    sponsor_id: int
    sponsor_name: str
    sponsor_kind: SponsorKind
    office_id: int
    office_name: str
    programmes: Programmes
    price_basis: PriceBasis
    signed_on: date
    from_month: date
    until_month: date
    ends_month: date | None
    most_people: int | None
    most_idr: int | None
    priority: int
    note: str
    end_note: str
    made_by: int | None
    made_by_name: str
    made_at: datetime
    decided_by_name: str
    decided_at: datetime | None
    people: int
    used_idr: int

    @property
    def last_month(self) -> date:
        """The last month that it pays."""
        return add_months(self.ends_month or self.until_month, -1)

    @property
    def months_left(self) -> int:
        """How many months it still pays, from this month on."""
        first = max(clock.this_month(), self.from_month)
        until = self.ends_month or self.until_month
        return max(0, (until.year - first.year) * 12 + until.month - first.month)


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What the sponsors of the user's offices pay for."""

    agreements: int  # in force
    people: int  # whom they name, a worker of two agreements twice
    unpaid: int  # bills that were sent
    unpaid_idr: int
    late: int  # of them after their due date


def sponsors(session: Session, user: User, asked: ListRequest) -> Page[SponsorRow]:
    """The sponsors of the user's offices, by name."""
    listing = Listing(
        id=Sponsor.id,
        sorts={"name": Sort(Sponsor.name), "newest": Sort(Sponsor.id, descending=True)},
        search=lambda words: matches(words, Sponsor.name, Sponsor.contact_name),
        states=states_of(Sponsor.kind, SponsorKind),
    )
    page = listing.page(session, _sponsors(user), asked)
    return page.map(lambda row: row_as(SponsorRow, row))


def sponsor_in_scope(session: Session, user: User, sponsor_id: int) -> SponsorRow:
    """One sponsor; NotFound if it is not of the user's offices."""
    row = session.execute(_sponsors(user).where(Sponsor.id == sponsor_id)).one_or_none()
    if row is None:
        raise NotFound()
    return SponsorRow(**row._mapping)


def agreements(
    session: Session, user: User, asked: ListRequest, *, sponsor_id: int | None = None
) -> Page[AgreementRow]:
    """The agreements of the user's offices, or of one sponsor, the newest first."""
    listing = Listing(
        id=Agreement.id,
        sorts={
            "newest": Sort(Agreement.id, descending=True),
            "sponsor": Sort(Sponsor.name),
            "ends": Sort(func.coalesce(Agreement.ends_month, Agreement.until_month)),
        },
        search=lambda words: or_(
            matches(words, Sponsor.name), Agreement.number.icontains(words, autoescape=True)
        ),
        tabs={
            "now": Agreement.state.in_((AgreementState.IN_FORCE, AgreementState.PROPOSED)),
            "past": Agreement.state.not_in((AgreementState.IN_FORCE, AgreementState.PROPOSED)),
        },
        states=states_of(Agreement.state, AgreementState),
    )
    query = _agreements(user)
    if sponsor_id is not None:
        query = query.where(Agreement.sponsor_id == sponsor_id)
    return listing.page(session, query, asked).map(lambda row: row_as(AgreementRow, row))


def agreement_in_scope(session: Session, user: User, agreement_id: int) -> AgreementRow:
    """One agreement; NotFound if it is not of the user's offices."""
    row = session.execute(_agreements(user).where(Agreement.id == agreement_id)).one_or_none()
    if row is None:
        raise NotFound()
    return AgreementRow(**row._mapping)


def for_worker(session: Session, user: User, *, worker_id: int) -> Sequence[AgreementRow]:
    """The agreements of a worker's office that pay now or later, to choose one of them."""
    office = select(Worker.office_id).where(Worker.id == worker_id).scalar_subquery()
    query = (
        _agreements(user)
        .where(
            Agreement.office_id == office,
            Agreement.state == AgreementState.IN_FORCE,
            func.coalesce(Agreement.ends_month, Agreement.until_month) > clock.this_month(),
        )
        .order_by(Sponsor.name, Agreement.number, Agreement.id)
        .limit(MOST_TO_CHOOSE)
    )
    return [AgreementRow(**row._mapping) for row in session.execute(query)]


def figures(session: Session, user: User) -> Figures:
    """The figures above the list of agreements."""
    mine = and_(
        scope.of_office(user, Agreement.office_id), Agreement.state == AgreementState.IN_FORCE
    )
    named = exists().where(Agreement.id == AgreementMember.agreement_id, mine)
    people = select(func.count()).select_from(AgreementMember)
    people = people.where(AgreementMember.until_month.is_(None), named)
    late = func.count().filter(Bill.due_on < clock.now().astimezone(HEAD_OFFICE).date())
    left = func.coalesce(func.sum(Bill.amount_idr - Bill.paid_idr), 0)
    unpaid, unpaid_idr, overdue = session.execute(
        select(func.count(), left, late).where(
            scope.of_office(user, Bill.office_id),
            Bill.state.in_((BillState.SENT, BillState.PART_PAID)),
        )
    ).one()
    return Figures(
        agreements=session.scalar(select(func.count()).select_from(Agreement).where(mine)) or 0,
        people=session.scalar(people) or 0,
        unpaid=unpaid,
        unpaid_idr=int(unpaid_idr),
        late=overdue,
    )


def named_by(agreement_id: Any) -> ColumnElement[int]:
    """How many workers an agreement names now, as a column of a query."""
    return (
        select(func.count())
        .select_from(AgreementMember)
        .where(AgreementMember.agreement_id == agreement_id, AgreementMember.until_month.is_(None))
        .scalar_subquery()
    )


def _sponsors(user: User) -> Any:
    in_force_now = (
        select(func.count())
        .select_from(Agreement)
        .where(Agreement.sponsor_id == Sponsor.id, Agreement.state == AgreementState.IN_FORCE)
        .scalar_subquery()
    )
    return (
        select(
            Sponsor.id,
            Sponsor.office_id,
            Office.name.label("office_name"),
            Sponsor.kind,
            Sponsor.name,
            Sponsor.address,
            Sponsor.contact_name,
            Sponsor.contact_phone,
            Sponsor.contact_email,
            Sponsor.treasurer,
            in_force_now.label("agreements"),
        )
        .join(Office, Office.id == Sponsor.office_id)
        .where(scope.of_office(user, Sponsor.office_id))
    )


def _agreements(user: User) -> Any:
    maker, decider = aliased(User), aliased(User)
    used = (
        select(func.coalesce(func.sum(Bill.amount_idr), 0))
        .where(Bill.agreement_id == Agreement.id, Bill.state != BillState.OPEN)
        .scalar_subquery()
    )
    return (
        select(
            Agreement.id,
            Agreement.number,
            Agreement.state,
            Agreement.sponsor_id,
            Sponsor.name.label("sponsor_name"),
            Sponsor.kind.label("sponsor_kind"),
            Agreement.office_id,
            Office.name.label("office_name"),
            Agreement.programmes,
            Agreement.price_basis,
            Agreement.signed_on,
            Agreement.from_month,
            Agreement.until_month,
            Agreement.ends_month,
            Agreement.most_people,
            Agreement.most_idr,
            Agreement.priority,
            Agreement.note,
            Agreement.end_note,
            Agreement.made_by,
            func.coalesce(maker.name, "").label("made_by_name"),
            Agreement.made_at,
            func.coalesce(decider.name, "").label("decided_by_name"),
            Agreement.decided_at,
            named_by(Agreement.id).label("people"),
            used.cast(Bill.amount_idr.type).label("used_idr"),
        )
        .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .join(Office, Office.id == Agreement.office_id)
        .outerjoin(maker, maker.id == Agreement.made_by)
        .outerjoin(decider, decider.id == Agreement.decided_by)
        .where(scope.of_office(user, Agreement.office_id))
    )
