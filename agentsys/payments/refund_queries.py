"""Refunds through providers, of one payment and of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, aliased

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.models import Payment
from agentsys.payments.refund_models import Refund, RefundState
from agentsys.people import scope
from agentsys.people.models import Agent, User
from agentsys.people.queries import is_agent
from agentsys.workers.models import Worker

WAITING = "waiting"
TABS: dict[str, ColumnElement[bool]] = {
    WAITING: Refund.state == RefundState.PROPOSED,
    "asked": Refund.state == RefundState.APPROVED,
    "given": Refund.state == RefundState.GIVEN,
    "not_given": Refund.state.in_((RefundState.REFUSED, RefundState.FAILED)),
    "all": true(),
}


@dataclass(frozen=True, kw_only=True)
class RefundRow:
    """One refund."""

    id: int
    payment_id: int
    reference: str
    channel: str
    worker_name: str
    agent_user_id: int | None  # of the agent who collected it: somebody else must decide
    amount_idr: int
    is_whole: bool
    reason: str
    state: RefundState
    proposed_at: datetime
    proposed_by: int
    proposer: str
    decided_at: datetime | None
    decider: str | None
    confirmed_at: datetime | None
    note: str


def refunds(session: Session, user: User, asked: ListRequest) -> Page[RefundRow]:
    """Refunds that wait for a second person, oldest first; in other tabs the newest first."""
    tab = asked.tab if asked.tab in TABS else WAITING
    listing = Listing(
        id=Refund.id,
        sorts={
            "proposed": Sort(Refund.id, descending=tab != WAITING),
            "worker": Sort(Worker.name),
            "amount": Sort(Refund.amount_idr, descending=True),
        },
        search=lambda words: or_(
            Payment.reference.startswith(words, autoescape=True),
            Worker.name.icontains(words, autoescape=True),
        ),
        tabs=TABS,
        agent=is_agent,
        at=Refund.proposed_at,
        amount=Refund.amount_idr,
    )
    page = listing.page(session, _refunds(user), replace(asked, tab=tab))
    return page.map(lambda row: row_as(RefundRow, row))


def refund(session: Session, user: User, refund_id: int) -> RefundRow:
    """One refund; NotFound if it does not exist or the user may not see it."""
    row = session.execute(_refunds(user).where(Refund.id == refund_id)).one_or_none()
    if row is None:
        raise NotFound()
    return RefundRow(**row._mapping)


def refunds_of(session: Session, user: User, payment_id: int) -> Sequence[RefundRow]:
    """The refunds of a payment, newest first."""
    found = _refunds(user).where(Refund.payment_id == payment_id).order_by(Refund.id.desc())
    return [RefundRow(**row._mapping) for row in session.execute(found)]


def _refunds(user: User) -> Select[Any]:
    proposer, decider = aliased(User), aliased(User)
    columns: tuple[Any, ...] = (
        Refund.id,
        Refund.payment_id,
        Payment.reference,
        Payment.channel,
        Worker.name.label("worker_name"),
        Agent.user_id.label("agent_user_id"),
        Refund.amount_idr,
        Refund.is_whole,
        Refund.reason,
        Refund.state,
        Refund.proposed_at,
        Refund.proposed_by,
        proposer.name.label("proposer"),
        Refund.decided_at,
        decider.name.label("decider"),
        Refund.confirmed_at,
        Refund.note,
    )
    return (
        select(*columns)
        .join(Payment, Payment.id == Refund.payment_id)
        .join(Worker, Worker.id == Payment.worker_id)
        .outerjoin(Agent, Agent.id == Payment.agent_id)
        .join(proposer, proposer.id == Refund.proposed_by)
        .outerjoin(decider, decider.id == Refund.decided_by)
        .where(scope.of_office(user, Refund.office_id))
    )
