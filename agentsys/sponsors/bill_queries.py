"""Reading sponsors' bills and their lines as typed values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from agentsys import clock
from agentsys.agreements.kinds import BillState
from agentsys.agreements.models import Agreement, AgreementMember, Bill, Sponsor
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.listing.words import matches
from agentsys.months import HEAD_OFFICE
from agentsys.people import scope
from agentsys.people.models import Office, User
from agentsys.sponsors import bills
from agentsys.workers.kinds import Programmes
from agentsys.workers.models import Worker

_UNPAID = (BillState.SENT, BillState.PART_PAID)


@dataclass(frozen=True, kw_only=True)
class BillRow:
    """One bill of a sponsor; people and rupiah are those of its lines until it is sent."""

    id: int
    agreement_id: int
    agreement_number: str
    sponsor_id: int
    sponsor_name: str
    treasurer: str
    office_id: int
    office_name: str
    month: date
    part: int
    state: BillState
    people: int
    amount_idr: int
    paid_people: int
    paid_idr: int
    made_at: datetime
    sent_at: datetime | None
    sent_by_name: str
    due_on: date | None

    @property
    def number(self) -> str:
        """The number that the sponsor sees."""
        return bills.number_of(self)

    @property
    def left_idr(self) -> int:
        """How much of it is not paid yet."""
        return max(0, self.amount_idr - self.paid_idr)

    @property
    def is_late(self) -> bool:
        """Whether it is past its due date and not paid."""
        return self.state in _UNPAID and self.due_on is not None and self.due_on < today()


@dataclass(frozen=True, kw_only=True)
class LineRow:
    """One line of a bill, in the order in which a part payment pays."""

    worker_id: int
    name: str
    nik_masked: str
    kelurahan: str
    since: date  # the first month for which the agreement named the worker
    programmes: Programmes
    amount_idr: int
    state: ContributionState


def bills_of(
    session: Session, user: User, asked: ListRequest, *, agreement_id: int | None = None
) -> Page[BillRow]:
    """The bills of the user's offices, or of one agreement, the newest month first."""
    listing = Listing(
        id=Bill.id,
        sorts={
            "month": Sort(Bill.month, descending=True),
            "due": Sort(func.coalesce(Bill.due_on, Bill.month)),
            "amount": Sort(Bill.amount_idr, descending=True),
            "sponsor": Sort(Sponsor.name),
        },
        search=lambda words: or_(
            matches(words, Sponsor.name), Agreement.number.icontains(words, autoescape=True)
        ),
        tabs={
            "unpaid": Bill.state.in_(_UNPAID),
            "late": and_(Bill.state.in_(_UNPAID), Bill.due_on < today()),
            "open": Bill.state == BillState.OPEN,
            "paid": Bill.state == BillState.PAID,
        },
        at=Bill.month,
        amount=Bill.amount_idr,
    )
    query = _bills(user)
    if agreement_id is not None:
        query = query.where(Bill.agreement_id == agreement_id)
    page = listing.page(session, query, asked)
    return page.map(lambda row: _with_lines(session, row_as(BillRow, row)))


def bill_in_scope(session: Session, user: User, bill_id: int) -> BillRow:
    """One bill; NotFound if it is not of the user's offices."""
    row = session.execute(_bills(user).where(Bill.id == bill_id)).one_or_none()
    if row is None:
        raise NotFound()
    return _with_lines(session, BillRow(**row._mapping))


def lines(session: Session, bill: BillRow, asked: ListRequest) -> Page[LineRow]:
    """The lines of a bill, in the order in which a part payment pays for its workers."""
    since = _since(bill)
    order = func.coalesce(since.c.since, bill.month, type_=Date)
    listing = Listing(
        id=Contribution.worker_id,
        sorts={
            "order": Sort(order),
            "name": Sort(Worker.name),
            "kelurahan": Sort(Worker.kelurahan),
            "amount": Sort(Contribution.amount_idr, descending=True),
        },
        search=lambda words: matches(words, Worker.name, Worker.kelurahan),
        tabs={
            "paid": Contribution.payment_id.is_not(None),
            "unpaid": Contribution.payment_id.is_(None),
        },
        amount=Contribution.amount_idr,
    )
    page = listing.page(session, _lines(bill, since, order), asked)
    return page.map(lambda row: row_as(LineRow, row))


def all_lines(session: Session, bill: BillRow) -> Iterator[LineRow]:
    """All lines of a bill in its order, a thousand at a time."""
    since = _since(bill)
    order = func.coalesce(since.c.since, bill.month, type_=Date)
    query = _lines(bill, since, order).order_by(order, Contribution.worker_id)
    for row in session.execute(query.execution_options(yield_per=1_000)):
        yield LineRow(**row._mapping)


def today() -> date:
    """The day on the head office's calendar, by which bills are due."""
    return clock.now().astimezone(HEAD_OFFICE).date()


def _with_lines(session: Session, bill: BillRow) -> BillRow:
    if bill.state is not BillState.OPEN:
        return bill
    found = bills.lines_of(session, bill.id)
    values = vars(bill) | {"people": found.people, "amount_idr": found.amount_idr}
    return BillRow(**values)


def _since(bill: BillRow) -> Any:
    """Since when the agreement has named each of its workers."""
    return (
        select(AgreementMember.worker_id, func.min(AgreementMember.from_month).label("since"))
        .where(AgreementMember.agreement_id == bill.agreement_id)
        .group_by(AgreementMember.worker_id)
        .subquery()
    )


def _lines(bill: BillRow, since: Any, order: ColumnElement[Any]) -> Any:
    return (
        select(
            Contribution.worker_id,
            Worker.name,
            Worker.nik_masked,
            Worker.kelurahan,
            order.label("since"),
            Contribution.programmes,
            Contribution.amount_idr,
            Contribution.state,
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .outerjoin(since, since.c.worker_id == Contribution.worker_id)
        .where(Contribution.bill_id == bill.id, Contribution.month == bill.month)
    )


def _bills(user: User) -> Any:
    sender = aliased(User)
    return (
        select(
            Bill.id,
            Bill.agreement_id,
            Agreement.number.label("agreement_number"),
            Agreement.sponsor_id,
            Sponsor.name.label("sponsor_name"),
            Sponsor.treasurer,
            Bill.office_id,
            Office.name.label("office_name"),
            Bill.month,
            Bill.part,
            Bill.state,
            Bill.people,
            Bill.amount_idr,
            Bill.paid_people,
            Bill.paid_idr,
            Bill.made_at,
            Bill.sent_at,
            func.coalesce(sender.name, "").label("sent_by_name"),
            Bill.due_on,
        )
        .join(Agreement, Agreement.id == Bill.agreement_id)
        .join(Sponsor, Sponsor.id == Agreement.sponsor_id)
        .join(Office, Office.id == Bill.office_id)
        .outerjoin(sender, sender.id == Bill.sent_by)
        .where(scope.of_office(user, Bill.office_id))
    )
