"""What pages show of mandates, debits and notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from agentsys import clock
from agentsys.extension.contract import Decline, MandateEnd, MandateState, PaymentState
from agentsys.payments.debit_models import (
    LIVE,
    Debit,
    DebitMonth,
    DebitState,
    DebitTry,
    Notice,
    NoticeKind,
    NoticeState,
)
from agentsys.payments.mandate_models import Mandate, MandateWorker, Relation
from agentsys.payments.mandates import stops
from agentsys.payments.models import Case, CaseKind, Payment, Receipt
from agentsys.workers.models import Worker


@dataclass(frozen=True, kw_only=True)
class MandateView:
    """One mandate of a worker; `consent_url` is for the payer's own page only."""

    id: int
    reference: str
    channel: str
    state: MandateState
    end: MandateEnd | None
    relation: Relation
    holder_name: str
    cap_idr: int
    month_cap_idr: int
    debit_day: int
    asked_at: datetime
    consented_at: datetime | None
    ended_at: datetime | None
    reason: str  # the provider's, such as why the account could not be linked
    paused_until: date | None
    consent_url: str
    consent_until: datetime | None
    account: str  # what the payer knows the account by; empty if the provider does not say
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class DebitView:
    """One debit of a worker with its months; `why` is a `last_look.Why` or a `Decline`."""

    id: int
    reference: str  # of its mandate
    channel: str
    state: DebitState
    why: str
    decline: Decline | None
    amount_idr: int
    months: Sequence[date]
    first_on: date
    due_on: date
    last_on: date
    tries: int
    payment_id: int | None
    receipt_code: str
    notice_id: int | None  # of the current notice
    notice_state: NoticeState | None
    pin_url: str  # the provider's page where the payer enters a PIN for the try under way
    pin_until: datetime | None


@dataclass(frozen=True, kw_only=True)
class NoticeView:
    """One message of the outbox, with whom it is for."""

    id: int
    kind: NoticeKind
    state: NoticeState
    worker_id: int
    worker_name: str
    phone: str
    amount_idr: int
    months: Sequence[date]
    debit_on: date | None
    debit_day: int
    prepared_at: datetime


@dataclass(frozen=True, kw_only=True)
class PinView:
    """A worker whose provider waits for a PIN."""

    worker_id: int
    name: str
    amount_idr: int
    until: datetime


def mandates_of(session: Session, *, worker_id: int) -> list[MandateView]:
    """A worker's mandates, the newest first; at most one of them is active."""
    rows = session.execute(
        select(
            Mandate.id,
            Mandate.reference,
            Mandate.channel,
            Mandate.state,
            Mandate.end,
            MandateWorker.relation,
            Mandate.holder_name,
            Mandate.cap_idr,
            Mandate.month_cap_idr,
            Mandate.debit_day,
            Mandate.asked_at,
            Mandate.consented_at,
            Mandate.ended_at,
            Mandate.reason,
            Mandate.paused_until,
            Mandate.consent_url,
            Mandate.consent_until,
            Mandate.account,
            Mandate.expires_at,
        )
        .join(MandateWorker, MandateWorker.mandate_id == Mandate.id)
        .where(MandateWorker.worker_id == worker_id)
        .order_by(Mandate.id.desc())
        .limit(50)
    )
    # The column of `end` has another name, so the fields are taken by their place.
    names = list(MandateView.__dataclass_fields__)
    return [MandateView(**dict(zip(names, row, strict=True))) for row in rows]


def debits_of(session: Session, *, worker_id: int, limit: int = 24) -> list[DebitView]:
    """A worker's debits, the newest first; the next one is the first that is live."""
    rows = session.execute(
        _debits().where(Debit.worker_id == worker_id).order_by(Debit.id.desc()).limit(limit)
    )
    return [DebitView(**row._mapping) for row in rows]


def next_debit(session: Session, *, worker_id: int) -> DebitView | None:
    """The worker's debit that is planned, announced or being made."""
    row = session.execute(
        _debits().where(Debit.worker_id == worker_id, Debit.state.in_(LIVE))
    ).one_or_none()
    return DebitView(**row._mapping) if row else None


def to_send(session: Session, *, agent_id: int, limit: int = 200) -> list[NoticeView]:
    """Messages that an agent is to hand over to the agent's workers, the soonest debit first."""
    months = months_of(Notice.debit_id)
    rows = session.execute(
        select(
            Notice.id,
            Notice.kind,
            Notice.state,
            Notice.worker_id,
            Worker.name.label("worker_name"),
            Worker.phone,
            Notice.amount_idr,
            func.coalesce(months, []).label("months"),
            Notice.debit_on,
            Mandate.debit_day,
            Notice.prepared_at,
        )
        .join(Worker, Worker.id == Notice.worker_id)
        .join(Mandate, Mandate.id == Notice.mandate_id)
        .where(Worker.agent_id == agent_id, Notice.state == NoticeState.PREPARED)
        .order_by(Notice.debit_on.nulls_last(), Notice.id)
        .limit(limit)
    )
    return [NoticeView(**row._mapping) for row in rows]


def pins_to_enter(session: Session, *, agent_id: int) -> list[PinView]:
    """The agent's workers whose provider waits for a PIN now, the one with the least time first."""
    rows = session.execute(
        select(Debit.worker_id, Worker.name, Debit.amount_idr, Payment.expires_at.label("until"))
        .join(Payment, Payment.id == Debit.payment_id)
        .join(Worker, Worker.id == Debit.worker_id)
        .where(Worker.agent_id == agent_id, waits_for_pin())
        .order_by(Payment.expires_at)
    )
    return [PinView(**row._mapping) for row in rows]


def waits_for_pin() -> ColumnElement[bool]:
    """Whether a debit's try asks its payer for a PIN, and there is time left to enter it."""
    return (
        (Debit.state == DebitState.CALLING)
        & (Payment.state == PaymentState.PENDING)
        & (Payment.pay_url != "")
        & (Payment.expires_at > clock.now())
    )


def months_of(debit_id: InstrumentedAttribute[Any]) -> ScalarSelect[list[date]]:
    """The months of the debit that a row of a statement is about, as a column."""
    found = select(func.array_agg(DebitMonth.month)).where(DebitMonth.debit_id == debit_id)
    return found.scalar_subquery()


def _debits() -> Select[*tuple[Any, ...]]:
    months = months_of(Debit.id)
    return (
        select(
            Debit.id,
            Mandate.reference,
            Mandate.channel,
            Debit.state,
            Debit.why,
            Debit.decline,
            Debit.amount_idr,
            func.coalesce(months, []).label("months"),
            Debit.first_on,
            Debit.due_on,
            Debit.last_on,
            Debit.tries,
            Debit.payment_id,
            func.coalesce(Receipt.code, "").label("receipt_code"),
            Notice.id.label("notice_id"),
            Notice.state.label("notice_state"),
            case((waits_for_pin(), Payment.pay_url), else_="").label("pin_url"),
            case((waits_for_pin(), Payment.expires_at)).label("pin_until"),
        )
        .join(Mandate, Mandate.id == Debit.mandate_id)
        .outerjoin(Payment, Payment.id == Debit.payment_id)
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .outerjoin(
            Notice,
            (Notice.debit_id == Debit.id)
            & (Notice.kind == NoticeKind.DEBIT)
            & (Notice.state != NoticeState.REPLACED),
        )
    )


@dataclass(frozen=True, kw_only=True)
class DebitFigures:
    """Figures of the last day for monitoring; the last two must be 0."""

    charged: int
    refused: int
    unknown: int
    stopped: bool
    without_notice: int
    paid_twice: int  # debits whose months were paid in another way too


def figures(session: Session) -> DebitFigures:
    """What became of the tries of the last 24 hours."""
    told = (
        (Notice.kind == NoticeKind.DEBIT)
        & (Notice.amount_idr == Payment.amount_idr)
        & (Notice.counted_at <= DebitTry.at - timedelta(hours=24))
    )
    is_open = Payment.state.in_((PaymentState.CREATED, PaymentState.PENDING))
    is_paid = Payment.state.in_((PaymentState.SETTLED, PaymentState.REFUNDED))
    twice = exists().where(Case.payment_id == Payment.id, Case.kind == CaseKind.PAID_TWICE)
    row = session.execute(
        select(
            func.count().filter(is_paid),
            func.count().filter(~is_paid & ~is_open),
            func.count().filter(is_open),
            func.count().filter(~func.coalesce(told, False)),
            func.count().filter(twice),
        )
        .select_from(DebitTry)
        .join(Payment, Payment.id == DebitTry.payment_id)
        .join(Notice, Notice.id == DebitTry.notice_id)
        .where(DebitTry.at > clock.now() - timedelta(days=1))
    ).one()
    charged, refused, unknown, without_notice, paid_twice = row
    return DebitFigures(
        charged=charged,
        refused=refused,
        unknown=unknown,
        stopped=bool(stops.on(session)),
        without_notice=without_notice,
        paid_twice=paid_twice,
    )
