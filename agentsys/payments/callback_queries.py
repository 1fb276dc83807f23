"""Callbacks about payments of the user's office, and those about no payment of ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, true
from sqlalchemy.orm import Session

from agentsys.errors import NotFound
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.models import Outcome, Payment, StoredCallback
from agentsys.people import scope
from agentsys.people.models import User


@dataclass(frozen=True, kw_only=True)
class CallbackRow:
    """One callback of a list."""

    id: int
    reference: str
    channel: (
        str  # the payment's channel; for an unknown payment, the channel that received the callback
    )
    received_at: datetime
    times: int
    outcome: Outcome | None  # None while it waits
    note: str


@dataclass(frozen=True, kw_only=True)
class CallbackDetail(CallbackRow):
    """One callback with its content as received."""

    tries: int
    next_try_at: datetime | None
    processed_at: datetime | None
    headers: Mapping[str, Any]
    body: bytes


def callbacks(session: Session, user: User, asked: ListRequest) -> Page[CallbackRow]:
    """Callbacks, newest first; optionally only waiting, needing review, or applied ones."""
    listing = Listing(
        id=StoredCallback.id,
        sorts={"received": Sort(StoredCallback.id, descending=True)},
        search=_by_reference,
        tabs=_TABS,
        at=StoredCallback.received_at,
        counted=_COUNTED,
    )
    page = listing.page(session, _rows(user, *_COLUMNS), asked)
    return page.map(lambda row: row_as(CallbackRow, row))


def callback(session: Session, user: User, callback_id: int) -> CallbackDetail:
    """One callback; NotFound if it does not exist or the user may not see it."""
    row = session.execute(
        _rows(
            user,
            *_COLUMNS,
            StoredCallback.tries,
            StoredCallback.next_try_at,
            StoredCallback.processed_at,
            StoredCallback.headers,
            StoredCallback.body,
        ).where(StoredCallback.id == callback_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return CallbackDetail(**row._mapping)


def waiting_callbacks(session: Session, user: User) -> int:
    """How many callbacks were not processed yet."""
    query = _rows(user, func.count()).where(StoredCallback.next_try_at.is_not(None))
    return session.scalar(query) or 0


def newest_callback_at(session: Session) -> datetime | None:
    """When the newest callback from any provider arrived."""
    return session.scalar(
        select(StoredCallback.received_at).order_by(StoredCallback.id.desc()).limit(1)
    )


# The office of a callback is that of its payment, which must be looked up for each callback.
_COUNTED = 1_000
_COLUMNS = (
    StoredCallback.id,
    StoredCallback.reference,
    func.coalesce(Payment.channel, StoredCallback.channel).label("channel"),
    StoredCallback.received_at,
    StoredCallback.deliveries.label("times"),
    StoredCallback.outcome,
    StoredCallback.note,
)
_TABS: dict[str, ColumnElement[bool]] = {
    "all": true(),
    "waiting": StoredCallback.outcome.is_(None),
    "to_check": StoredCallback.outcome.in_((Outcome.TO_CHECK, Outcome.UNKNOWN)),
    "applied": StoredCallback.outcome == Outcome.MOVED,
}


def _by_reference(words: str) -> ColumnElement[bool]:
    # Match by prefix, so that the index on references is used.
    return StoredCallback.reference.startswith(words, autoescape=True)


def _rows(user: User, *columns: Any) -> Select[Any]:
    mine = or_(Payment.id.is_(None), scope.of_office(user, Payment.office_id))
    return (
        select(*columns)
        .select_from(StoredCallback)
        .outerjoin(Payment, Payment.reference == StoredCallback.reference)
        .where(mine)
    )
