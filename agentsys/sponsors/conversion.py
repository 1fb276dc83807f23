"""Workers whose sponsor left: agents invite them to pay themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, not_, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.agreements.kinds import LeaveReason
from agentsys.agreements.models import Agreement, AgreementMember, Sponsor
from agentsys.contributions import released_tariffs, tariff
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.workers.kinds import EndReason, Funding, Programmes, Sector
from agentsys.workers.models import Enrolment, Worker

MONTHS = 3  # after the sponsor's last month
AHEAD = 2  # months before the end that was announced to who lost eligibility


@dataclass(frozen=True, kw_only=True)
class Former:
    """A worker for whom a sponsor does not pay any more, and what a month costs."""

    worker_id: int
    name: str
    last_four: str  # of the NIK
    kelurahan: str
    phone: str
    until_month: date  # the first month that nobody pays
    sponsor: str
    programmes: Programmes
    month_idr: int  # in the same package, paid by the worker

    @property
    def is_coming(self) -> bool:
        """Whether the sponsor still pays, until the month before."""
        return self.until_month > clock.this_month()


def former(session: Session, user: User, asked: ListRequest) -> Page[Former]:
    """The user's workers whose sponsor left, or announced it, and who pay for nothing yet."""
    listing = Listing(
        id=Worker.id,
        sorts={"name": Sort(Worker.name), "ended": Sort(Enrolment.until_month, descending=True)},
        search=lambda words: matches(words, Worker.name, Worker.kelurahan),
    )
    released_tariffs.refresh(session)
    return listing.page(session, _of(user), asked).map(_former)


def former_in_scope(session: Session, user: User, worker_id: int) -> Former:
    """One of them; NotFound if the worker is none of them."""
    row = session.execute(_of(user).where(Worker.id == worker_id)).one_or_none()
    if row is None:
        raise NotFound()
    released_tariffs.refresh(session)
    return _former(row)


def count(session: Session, user: User) -> int:
    """How many they are."""
    found = _of(user).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(found) or 0


def _of(user: User) -> Select[Any]:
    mine = scope.of_agent(user, Worker.agent_id, Worker.office_id, to=Permission.WORKER_ENROL)
    query: Any = (
        select(
            Worker.id.label("worker_id"),
            Worker.name,
            Worker.nik_masked,
            Worker.kelurahan,
            Worker.phone,
            Worker.income_idr,
            Worker.sector,
            Enrolment.until_month,
            Enrolment.programmes,
            func.coalesce(Sponsor.name, "").label("sponsor"),
        )
        .join(Enrolment, Enrolment.worker_id == Worker.id)
        .outerjoin(Agreement, Agreement.id == Enrolment.agreement_id)
        .outerjoin(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .where(mine, Worker.merged_into.is_(None), Worker.erased_at.is_(None), _left_lately())
    )
    found: Select[Any] = query
    return found


def _left_lately() -> ColumnElement[bool]:
    later = aliased(Enrolment)
    went_on = exists().where(
        later.worker_id == Enrolment.worker_id,
        or_(later.until_month.is_(None), later.until_month > Enrolment.until_month),
    )
    told_ahead = exists().where(
        AgreementMember.agreement_id == Enrolment.agreement_id,
        AgreementMember.worker_id == Enrolment.worker_id,
        AgreementMember.why_left == LeaveReason.NOT_ELIGIBLE,
    )
    this_month = clock.this_month()
    return and_(
        Enrolment.end_reason == EndReason.SPONSOR_ENDED,
        or_(
            Enrolment.until_month.between(add_months(this_month, -MONTHS), this_month),
            and_(
                Enrolment.until_month.between(this_month, add_months(this_month, AHEAD)),
                told_ahead,
            ),
        ),
        not_(went_on),
    )


def _former(row: Any) -> Former:
    price = tariff.price(
        month=clock.this_month(),
        income_idr=row.income_idr,
        programmes=Programmes(row.programmes),
        sector=Sector(row.sector),
        funding=Funding.SELF,
    )
    return Former(
        worker_id=row.worker_id,
        name=row.name,
        last_four=row.nik_masked[-4:],
        kelurahan=row.kelurahan,
        phone=row.phone,
        until_month=row.until_month,
        sponsor=row.sponsor,
        programmes=row.programmes,
        month_idr=price.amount_idr,
    )
