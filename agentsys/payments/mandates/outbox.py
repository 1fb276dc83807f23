"""The outbox as finance and agents see it: messages to workers, and how far each got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.debit_models import COUNTS, Debit, Notice, NoticeKind, NoticeState
from agentsys.payments.mandates.queries import waits_for_pin
from agentsys.payments.models import Payment
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class MessageRow:
    """One message of the outbox."""

    id: int
    kind: NoticeKind
    state: NoticeState
    worker_name: str
    amount_idr: int
    debit_on: date | None
    prepared_at: datetime
    counted_at: datetime | None


def messages_of(session: Session, debit_id: int) -> list[MessageRow]:
    """The messages about a debit, the newest first."""
    rows = session.execute(
        _messages(Notice.debit_id == debit_id).order_by(Notice.id.desc()).limit(50)
    )
    return [MessageRow(**row._mapping) for row in rows]


def outbox(session: Session, user: User, asked: ListRequest) -> Page[MessageRow]:
    """Messages to workers of the user's office, the newest first."""
    today = clock.now().date()
    listing = Listing(
        id=Notice.id,
        sorts={"prepared": Sort(Notice.id, descending=True)},
        tabs={
            "all": true(),
            "prepared": Notice.state == NoticeState.PREPARED,
            "handed_over": Notice.state == NoticeState.HANDED_OVER,
            "read": Notice.state.in_(COUNTS),
            "undelivered": (Notice.kind == NoticeKind.DEBIT)
            & Notice.state.in_((NoticeState.PREPARED, NoticeState.HANDED_OVER))
            & (Notice.debit_on <= today),
        },
        counted=1_000,
    )
    rows = _messages(scope.of_office(user, Worker.office_id))
    return listing.page(session, rows, asked).map(lambda row: row_as(MessageRow, row))


def unsent(session: Session, *, agent_id: int) -> int:
    """How many messages wait for an agent to send them to own workers, with requests for a PIN."""
    prepared = (
        select(func.count())
        .select_from(Notice)
        .join(Worker, Worker.id == Notice.worker_id)
        .where(Worker.agent_id == agent_id, Notice.state == NoticeState.PREPARED)
    )
    for_pin = (
        select(func.count())
        .select_from(Debit)
        .join(Payment, Payment.id == Debit.payment_id)
        .join(Worker, Worker.id == Debit.worker_id)
        .where(Worker.agent_id == agent_id, waits_for_pin())
    )
    return session.scalar(select(prepared.scalar_subquery() + for_pin.scalar_subquery())) or 0


_MESSAGE: tuple[Any, ...] = (
    Notice.id,
    Notice.kind,
    Notice.state,
    Worker.name.label("worker_name"),
    Notice.amount_idr,
    Notice.debit_on,
    Notice.prepared_at,
    Notice.counted_at,
)


def _messages(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*_MESSAGE)
        .select_from(Notice)
        .join(Worker, Worker.id == Notice.worker_id)
        .where(condition)
    )
