"""Cases that a user may see: those of the user's office, and those of no office."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, or_, select, type_coerce
from sqlalchemy import case as sql_case
from sqlalchemy.orm import Session, aliased

from agentsys.agreements.models import Agreement, Bill, Sponsor
from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as, states_of
from agentsys.listing.request import ListRequest
from agentsys.payments.models import Case, CaseKind, Payment
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent
from agentsys.workers.models import Worker

_BATCH = "remittance:"  # prefix of a batch's id in the subject of a case
_SPONSOR = (
    select(Sponsor.name)
    .join(Agreement, Agreement.sponsor_id == Sponsor.id)
    .join(Bill, Bill.agreement_id == Agreement.id)
    .where(Bill.id == Payment.for_bill_id)
    .correlate(Payment)
    .scalar_subquery()
)
_PAYER = func.coalesce(Worker.name, _SPONSOR, "")


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """One case of a list."""

    id: int
    kind: CaseKind
    subject: str  # the payment's reference, or the case's own subject
    payment_id: int | None
    worker_name: str  # of a bill the sponsor's; empty if it is not about a known payment
    amount_idr: int | None
    opened_at: datetime
    closed_at: datetime | None

    @property
    def remittance_id(self) -> int | None:
        """The id of the batch that the case is about, if any."""
        of_batch = self.kind is CaseKind.PAID_THOUGH_CANCELLED
        return int(self.subject.removeprefix(_BATCH)) if of_batch else None


@dataclass(frozen=True, kw_only=True)
class CaseDetail(CaseRow):
    """One case with what a person needs to decide about it."""

    callback_id: int | None
    facts: Mapping[str, Any]
    aside_idr: int  # of the payment, in suspense
    channel: str
    worker_id: int | None
    of_deposit: bool  # about an agent's deposit, not a worker's payment
    bill_id: int | None  # about a sponsor's bill
    bill_payer: str  # the sponsor
    worker_phone: str
    agent_name: str
    agent_phone: str
    closed_by: str
    resolution: str
    note: str


def cases(session: Session, user: User, asked: ListRequest) -> Page[CaseRow]:
    """Open cases, oldest first; in the tab "closed", closed cases, newest first."""
    closed = asked.tab == "closed"
    listing = Listing(
        id=Case.id,
        sorts={
            "opened": Sort(Case.opened_at, descending=closed),
            "amount": Sort(func.coalesce(Case.amount_idr, 0), descending=True),
            "kind": Sort(type_coerce(Case.kind, String)),
            "worker": Sort(_PAYER),
        },
        search=lambda words: or_(
            Case.subject.icontains(words, autoescape=True),
            Payment.reference.icontains(words, autoescape=True),
            _PAYER.icontains(words, autoescape=True),
        ),
        states=states_of(Case.kind, CaseKind),
        agent=is_agent,
        at=Case.opened_at,
        amount=Case.amount_idr,
    )
    query = (
        _rows(*_COLUMNS)
        .outerjoin(Agent, Agent.id == Payment.agent_id)
        .where(of_office(user), Case.closed_at.is_not(None) if closed else Case.closed_at.is_(None))
    )
    return listing.page(session, query, asked).map(lambda row: row_as(CaseRow, row))


def next_open_case(session: Session, user: User, *, after: int) -> int | None:
    """The open case that was opened next after this one, or the oldest; None if all are closed."""
    ahead = Case.id > after
    return session.scalar(
        select(Case.id)
        .where(Case.closed_at.is_(None), Case.id != after, of_office(user))
        .order_by(ahead.desc(), Case.id)
        .limit(1)
    )


def open_cases(session: Session, user: User) -> int:
    """How many cases wait for a person."""
    count = session.scalar(
        select(func.count()).select_from(Case).where(Case.closed_at.is_(None), of_office(user))
    )
    return count or 0


def case(session: Session, user: User, case_id: int) -> CaseDetail:
    """One case; NotFound if it does not exist or the user may not see it."""
    closer, agents_user = aliased(User), aliased(User)
    deposits_agent = sql_case((Payment.for_deposit_id.is_not(None), Payment.agent_id))
    row = session.execute(
        _rows(
            *_COLUMNS,
            Case.callback_id,
            Case.facts,
            func.coalesce(Payment.aside_idr, 0).label("aside_idr"),
            func.coalesce(Payment.channel, "").label("channel"),
            Payment.worker_id,
            Payment.for_deposit_id.is_not(None).label("of_deposit"),
            Payment.for_bill_id.label("bill_id"),
            func.coalesce(_SPONSOR, "").label("bill_payer"),
            func.coalesce(Worker.phone, "").label("worker_phone"),
            func.coalesce(Agent.name, "").label("agent_name"),
            func.coalesce(agents_user.phone, "").label("agent_phone"),
            func.coalesce(closer.name, "").label("closed_by"),
            Case.resolution,
            Case.note,
        )
        .outerjoin(Agent, Agent.id == func.coalesce(Worker.agent_id, deposits_agent))
        .outerjoin(agents_user, agents_user.id == Agent.user_id)
        .outerjoin(closer, closer.id == Case.closed_by)
        .where(Case.id == case_id, of_office(user))
    ).one_or_none()
    if row is None:
        raise NotFound()
    return CaseDetail(**row._mapping)


def cases_of_payment(session: Session, payment_id: int) -> Sequence[CaseRow]:
    """All cases of one payment, in the order in which they were opened."""
    query = _rows(*_COLUMNS).where(Case.payment_id == payment_id).order_by(Case.id)
    return [CaseRow(**row._mapping) for row in session.execute(query)]


def case_of_callback(session: Session, *, callback_id: int, payment_id: int | None) -> int | None:
    """The case that a callback led to, or one of its payment; an open one first."""
    about = Case.callback_id == callback_id
    if payment_id is not None:
        about = or_(about, Case.payment_id == payment_id)
    return session.scalar(
        select(Case.id).where(about).order_by(Case.closed_at.desc().nulls_first()).limit(1)
    )


def of_office(user: User) -> ColumnElement[bool]:
    """The condition on cases that the user may see."""
    return or_(Case.office_id.is_(None), scope.of_office(user, Case.office_id))


_COLUMNS = (
    Case.id,
    Case.kind,
    func.coalesce(Payment.reference, Case.subject).label("subject"),
    Case.payment_id,
    _PAYER.label("worker_name"),
    Case.amount_idr,
    Case.opened_at,
    Case.closed_at,
)


def _rows(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .outerjoin(Payment, Payment.id == Case.payment_id)
        .outerjoin(Worker, Worker.id == Payment.worker_id)
    )
