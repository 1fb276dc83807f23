"""What a worker's own page shows of mandates and notices, and what it asks of providers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import Decline, MandateState, PaymentState
from agentsys.payments import open_payments
from agentsys.payments.debit_models import (
    Debit,
    DebitState,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandate_models import Mandate
from agentsys.payments.mandates.left_open import IS_TO_VISIT
from agentsys.payments.mandates.linking import LEASE
from agentsys.payments.mandates.queries import MandateView, mandates_of, months_of
from agentsys.payments.mandates.rules import further_tries, rules_for
from agentsys.payments.models import Payment

WAITING = (MandateState.ASKED, MandateState.PENDING)


@dataclass(frozen=True, kw_only=True)
class NoticeRow:
    """One notice to a worker, with the months that it announces."""

    id: int
    kind: NoticeKind
    state: NoticeState
    amount_idr: int
    months: Sequence[date]
    debit_on: date | None
    prepared_at: datetime
    counted_at: datetime | None
    again_on: Sequence[date]  # of a notice of a debit: when it is tried again for lack of funds


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A debit that nothing more is tried for, and of which the worker must be told in person."""

    debit_id: int
    worker_id: int
    decline: Decline | None
    amount_idr: int
    months: Sequence[date]
    ended_at: datetime
    last_on: date  # the last day of that month on which it could be debited
    told: NoticeState | None  # how far the message about it got


def visits_of(session: Session, *, worker_id: int) -> list[Visit]:
    """The visits to a worker that the agent did not note yet, the oldest first."""
    rows = session.execute(_visits().where(Debit.worker_id == worker_id).order_by(Debit.id))
    return [Visit(**row._mapping) for row in rows]


def visit(session: Session, *, debit_id: int) -> Visit | None:
    """The visit after a debit; None if there is none to make any more."""
    row = session.execute(_visits().where(Debit.id == debit_id)).one_or_none()
    return Visit(**row._mapping) if row else None


def _visits() -> Select[Any]:
    months = months_of(Debit.id)
    told = (
        select(Notice.state)
        .where(Notice.debit_id == Debit.id, Notice.kind == NoticeKind.FAILED)
        .order_by(Notice.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(
        Debit.id.label("debit_id"),
        Debit.worker_id,
        Debit.decline,
        Debit.amount_idr,
        func.coalesce(months, []).label("months"),
        Debit.ended_at,
        Debit.last_on,
        told.label("told"),
    ).where(IS_TO_VISIT)


def open_mandates(session: Session, *, worker_id: int) -> list[MandateView]:
    """A worker's mandates that have not ended, the newest first."""
    return [
        mandate
        for mandate in mandates_of(session, worker_id=worker_id)
        if mandate.state is not MandateState.ENDED
    ]


def agreed_mandate(session: Session, *, worker_id: int) -> MandateView | None:
    """The worker's mandate that the payer consented to and that has not ended."""
    found = [m for m in open_mandates(session, worker_id=worker_id) if m.consented_at is not None]
    return found[0] if found else None


def notices_of(session: Session, *, worker_id: int, limit: int = 12) -> list[NoticeRow]:
    """The newest notices to a worker, without those that another one replaced."""
    months = months_of(Notice.debit_id)
    rows = session.execute(
        select(
            Notice.id,
            Notice.kind,
            Notice.state,
            Notice.amount_idr,
            func.coalesce(months, []).label("months"),
            Notice.debit_on,
            Notice.prepared_at,
            Notice.counted_at,
            Debit.first_on,
            Debit.last_on,
            Debit.tries,
        )
        .outerjoin(Debit, Debit.id == Notice.debit_id)
        .where(Notice.worker_id == worker_id, Notice.state != NoticeState.REPLACED)
        .order_by(Notice.id.desc())
        .limit(limit)
    )
    return [_notice(dict(row._mapping)) for row in rows]


def _notice(found: dict[str, Any]) -> NoticeRow:
    first_on, last_on, tries = (found.pop(name) for name in ("first_on", "last_on", "tries"))
    again_on: list[date] = []
    if found["kind"] is NoticeKind.DEBIT and found["debit_on"] and first_on:
        due: date = found["debit_on"]
        again_on = further_tries(first_on, due, tries, rules_for(due), last_on=last_on)
    return NoticeRow(**found, again_on=again_on)


def is_notice_of(session: Session, *, notice_id: int, worker_id: int) -> bool:
    """Whether a notice is to this worker."""
    return bool(
        session.scalar(
            select(Notice.id).where(Notice.id == notice_id, Notice.worker_id == worker_id)
        )
    )


def ask_provider_soon(session: Session, *, worker_id: int) -> None:
    """Have the worker's mandates that wait for consent, and a debit under way, asked about.

    A mandate whose account is being made is left alone: asked twice, the provider would make two.
    """
    calling = session.scalar(
        select(Payment.reference)
        .join(Debit, Debit.payment_id == Payment.id)
        .where(
            Debit.worker_id == worker_id,
            Debit.state == DebitState.CALLING,
            Payment.state == PaymentState.PENDING,
        )
    )
    if calling:
        open_payments.check(session, calling, by="payer")
    waiting = [m.id for m in open_mandates(session, worker_id=worker_id) if m.state in WAITING]
    being_made = (Mandate.handle == "") & (Mandate.next_check_at <= clock.now() + LEASE)
    session.execute(
        update(Mandate)
        .where(Mandate.id.in_(waiting), ~being_made)
        .values(next_check_at=clock.now())
        .execution_options(synchronize_session=False)
    )
