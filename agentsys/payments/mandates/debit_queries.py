"""What finance sees of debits: the list, one debit with its tries, messages, and figures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, text, true
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import NotFound
from agentsys.extension.contract import Decline, MandateState, PaymentState
from agentsys.ledger import debit_checks
from agentsys.listing.pages import Listing, Page, Sort, row_as
from agentsys.listing.request import ListRequest
from agentsys.payments.debit_models import (
    LIVE,
    Debit,
    DebitState,
    DebitTry,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates.left_open import IS_TO_VISIT
from agentsys.payments.mandates.queries import months_of
from agentsys.payments.models import Payment, PaymentMove
from agentsys.people import scope
from agentsys.people.models import User
from agentsys.workers.models import Worker

CHECKED_FOR = timedelta(days=2)  # the nightly audit looks at all debits
_ONLY = re.compile(r"ONLY\(\w+, ([^()]+)\)")
_CLOSED = "r.closed_at IS NOT NULL"


def _recent(query: str) -> str:
    """The statement of an audit check, limited to the tries and lists of the last days."""
    recent = _ONLY.sub(r"(\1) IN (SELECT payment_id FROM debit_tries WHERE at > :since)", query)
    return recent.replace(_CLOSED, "r.closed_at > :since")


_CHECKED = " UNION ALL ".join(
    f"SELECT {place} AS place, '{name}' AS name, count(*) AS many FROM ({_recent(query)}) AS wrong"  # noqa: S608
    for place, (name, (_, query)) in enumerate(debit_checks.CHECKS.items())
)
_FAULTS = text(f"""
SELECT recent.name, greatest(recent.many, coalesce(max(p.failures), 0))
FROM ({_CHECKED}) AS recent LEFT JOIN audit_proofs p ON p.name = recent.name
GROUP BY recent.place, recent.name, recent.many ORDER BY recent.place
""")  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class DebitRow:
    """One debit of the list; `why` is a `last_look.Why` or a `Decline`."""

    id: int
    worker_name: str
    channel: str
    amount_idr: int
    months: Sequence[date]
    due_on: date
    state: DebitState
    why: str
    tries: int


@dataclass(frozen=True, kw_only=True)
class TryRow:
    """One try of a debit: its payment, its class of refusal and the provider's own words."""

    try_no: int
    at: datetime
    payment_id: int
    reference: str
    amount_idr: int
    state: PaymentState
    decline: Decline | None
    code: str  # the provider's
    reason: str


@dataclass(frozen=True, kw_only=True)
class DebitDetail(DebitRow):
    """One debit with its mandate."""

    mandate: str  # the reference
    mandate_state: MandateState
    debit_day: int
    cap_idr: int
    first_on: date
    last_on: date
    visited_at: datetime | None
    visit_note: str


@dataclass(frozen=True, kw_only=True)
class Figures:
    """How debits stand now."""

    mandates: int  # that are active
    announced: int
    unread: int  # announced, but the payer has not read it: nothing is debited
    calling: int  # made, without an end
    to_visit: int


def debits(session: Session, user: User, asked: ListRequest) -> Page[DebitRow]:
    """Debits of the user's office, those of the latest day first."""
    listing = Listing(
        id=Debit.id,
        sorts={"due": Sort(Debit.due_on, descending=True)},
        tabs=_TABS,
        counted=1_000,
    )
    page = listing.page(session, debits_of_office(user, *COLUMNS), asked)
    return page.map(lambda row: row_as(DebitRow, row))


def debit(session: Session, user: User, debit_id: int) -> DebitDetail:
    """One debit; NotFound unless the user may see it."""
    row = session.execute(
        debits_of_office(
            user,
            *COLUMNS,
            Mandate.reference.label("mandate"),
            Mandate.state.label("mandate_state"),
            Mandate.debit_day,
            Mandate.cap_idr,
            Debit.first_on,
            Debit.last_on,
            Debit.visited_at,
            Debit.visit_note,
        ).where(Debit.id == debit_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    return DebitDetail(**row._mapping)


def tries_of(session: Session, debit_id: int) -> list[TryRow]:
    """The tries of a debit, the newest first, with what the provider said of each."""
    last = (
        select(PaymentMove.report)
        .where(PaymentMove.payment_id == Payment.id, PaymentMove.to_state == Payment.state)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            DebitTry.try_no,
            DebitTry.at,
            DebitTry.payment_id,
            Payment.reference,
            Payment.amount_idr,
            Payment.state,
            DebitTry.decline,
            last.label("report"),
        )
        .join(Payment, Payment.id == DebitTry.payment_id)
        .where(DebitTry.debit_id == debit_id)
        .order_by(DebitTry.try_no.desc())
    )
    return [_try(row) for row in rows]


def figures(session: Session, user: User) -> Figures:
    """How the debits of the user's office stand now."""
    unread = (
        select(Notice.id)
        .where(
            Notice.debit_id == Debit.id,
            Notice.kind == NoticeKind.DEBIT,
            Notice.state.in_((NoticeState.PREPARED, NoticeState.HANDED_OVER)),
        )
        .exists()
    )
    announced = Debit.state == DebitState.ANNOUNCED
    active = (
        select(func.count())
        .select_from(Mandate)
        .where(scope.of_office(user, Mandate.office_id), Mandate.state == MandateState.ACTIVE)
        .scalar_subquery()
    )
    row = session.execute(
        select(
            active.label("mandates"),
            func.count().filter(announced).label("announced"),
            func.count().filter(announced & unread).label("unread"),
            func.count().filter(Debit.state == DebitState.CALLING).label("calling"),
            func.count().filter(IS_TO_VISIT).label("to_visit"),
        ).where(
            scope.of_office(user, Debit.office_id),
            Debit.state.in_((*LIVE, DebitState.GIVEN_UP)),
        )
    ).one()
    return Figures(**row._mapping)


def faults(session: Session) -> dict[str, int]:
    """What must be 0, by check: rows found among the last days' debits, or by the last audit."""
    found = session.execute(_FAULTS, {"since": clock.now() - CHECKED_FOR}).all()
    return {name: many for name, many in found}


def run_offices(user: User) -> list[int] | None:
    """The offices whose runs the user sees; None for all."""
    return None if user.office_id is None and user.sees_all_offices else [user.office_id or 0]


def _try(row: Any) -> TryRow:
    found = dict(row._mapping)
    report = found.pop("report") or {}
    raw = report.get("raw") or {}
    code = raw.get("channel_response_code") or raw.get("status_code") or ""
    return TryRow(**found, code=str(code)[:60], reason=str(report.get("reason") or "")[:200])


_MONTHS = months_of(Debit.id)
COLUMNS = (
    Debit.id,
    Worker.name.label("worker_name"),
    Mandate.channel,
    Debit.amount_idr,
    func.coalesce(_MONTHS, []).label("months"),
    Debit.due_on,
    Debit.state,
    Debit.why,
    Debit.tries,
)
_TABS: dict[str, ColumnElement[bool]] = {
    "all": true(),
    "coming": Debit.state.in_((DebitState.PLANNED, DebitState.ANNOUNCED)),
    "calling": Debit.state == DebitState.CALLING,
    "collected": Debit.state == DebitState.COLLECTED,
    "to_visit": IS_TO_VISIT,
    "given_up": Debit.state == DebitState.GIVEN_UP,
    "withdrawn": Debit.state == DebitState.WITHDRAWN,
}


def debits_of_office(user: User, *columns: Any) -> Select[Any]:
    """A query of the debits of the user's office, or of all."""
    return (
        select(*columns)
        .select_from(Debit)
        .join(Mandate, Mandate.id == Debit.mandate_id)
        .join(Worker, Worker.id == Debit.worker_id)
        .where(scope.of_office(user, Debit.office_id))
    )
