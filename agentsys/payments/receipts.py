"""Receipts (kuitansi): numbered on settlement; anybody with the code can verify one."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Sequence, func, select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.errors import NotFound
from agentsys.extension.contract import Custody, PaymentState
from agentsys.many import among, insert_all
from agentsys.months import HEAD_OFFICE
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Payment, PaymentMonth, Receipt
from agentsys.payments.reversal_models import CashReversal, ReversalState, ReversalWhy
from agentsys.people.models import Agent, Office
from agentsys.workers.models import Worker

NUMBERS = Sequence("receipt_numbers")

# Crockford's: no I, L, O, U, so that a code can be read out over the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10
_MISREAD = str.maketrans("ILO", "110")


@dataclass(frozen=True)
class Step:
    """One step of the money's progress to BPJS; `at` is None until it has happened."""

    name: str  # "received", "deposited", "confirmed"
    at: datetime | None


@dataclass(frozen=True)
class Void:
    """The counter-receipt that voids a receipt; the reason in words may name other people."""

    number: str
    why: ReversalWhy
    at: datetime


@dataclass(frozen=True)
class Progress:
    """What a receipt's holder may see: no NIK, no phone, no full name."""

    number: str
    code: str
    issued_at: datetime
    worker: str  # "Siti R."
    agent: str
    office: str
    zone: str
    channel: str
    amount_idr: int
    months: tuple[date, ...]
    amounts_idr: tuple[int, ...]  # of the months, in the same order
    confirmed_months: tuple[date, ...]
    refunded: bool
    void: Void | None  # by a counter-receipt
    payment_id: int
    custody: Custody
    worker_id: int  # for the agent's own page, never shown, as the agent's id
    agent_id: int | None
    steps: tuple[Step, ...]


def issue(session: Session, *, payments: Collection[Payment], at: datetime) -> None:
    """Number a receipt for each of these payments that has none."""
    session.flush()
    ids = [payment.id for payment in payments]
    known = set(session.scalars(select(Receipt.payment_id).where(among(Receipt.payment_id, ids))))
    missing = [payment_id for payment_id in ids if payment_id not in known]
    numbers = session.scalars(
        select(NUMBERS.next_value()).select_from(func.generate_series(1, len(missing)))
    )
    year = at.astimezone(HEAD_OFFICE).year
    rows = [
        {
            "payment_id": payment_id,
            "number": f"KW-{year}-{number:07d}",
            "code": _new_code(),
            "issued_at": at,
        }
        for payment_id, number in zip(missing, numbers, strict=True)
    ]
    if rows:
        session.execute(insert_all(Receipt, rows))


def progress_of(session: Session, code: str) -> Progress:
    """The progress of a receipt's money to BPJS; NotFound for an unknown code."""
    row = session.execute(
        select(Receipt, Payment, Worker.name, Agent.name, Office.name, Office.zone)
        .join(Payment, Payment.id == Receipt.payment_id)
        .join(Worker, Worker.id == Payment.worker_id)
        .join(Office, Office.id == Payment.office_id)
        .outerjoin(Agent, Agent.id == Payment.agent_id)
        .where(Receipt.code == as_typed(code))
    ).one_or_none()
    if row is None:
        raise NotFound("Kode kuitansi tidak ditemukan. Periksa lagi kodenya, huruf demi huruf.")
    receipt, payment, worker, agent, office, zone = row
    months = _months(session, payment)
    confirmed = [moment for _, moment, _ in months if moment is not None]
    return Progress(
        number=receipt.number,
        code=receipt.code,
        issued_at=receipt.issued_at,
        worker=short_name(worker),
        agent=agent or "",
        office=office,
        zone=zone,
        channel=payment.channel,
        amount_idr=payment.amount_idr,
        months=tuple(month for month, _, _ in months),
        amounts_idr=tuple(amount for _, _, amount in months),
        confirmed_months=tuple(month for month, moment, _ in months if moment is not None),
        refunded=payment.state is PaymentState.REFUNDED,
        void=_void(session, payment),
        payment_id=payment.id,
        custody=payment.custody,
        worker_id=payment.payer_id,
        agent_id=payment.agent_id,
        steps=(
            Step("received", payment.settled_at),
            Step("deposited", _deposited_at(session, payment)),
            # LUNAS only when BPJS confirmed every month that was paid.
            Step("confirmed", max(confirmed) if len(confirmed) == len(months) else None),
        ),
    )


def as_typed(code: str) -> str:
    """Normalise a typed code: look-alike characters are replaced by those that codes use."""
    return "".join(filter(ALPHABET.__contains__, code.upper().translate(_MISREAD)))[:20]


def short_name(name: str) -> str:
    """A name that its owner recognises and other people do not: `Siti R.`."""
    first, *rest = name.split() or [""]
    return " ".join([first, *(f"{word[0]}." for word in rest[:1])])


def _new_code() -> str:
    # 256 is a multiple of the 32 letters, so each is as likely as any other.
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in secrets.token_bytes(CODE_LENGTH))


def _months(session: Session, payment: Payment) -> SequenceOf[Any]:
    """The months of a payment, when BPJS confirmed each as paid by it, and the price."""
    return session.execute(
        select(PaymentMonth.month, Contribution.confirmed_at, PaymentMonth.amount_idr)
        .outerjoin(
            Contribution,
            (Contribution.worker_id == PaymentMonth.worker_id)
            & (Contribution.month == PaymentMonth.month)
            & (Contribution.payment_id == PaymentMonth.payment_id),
        )
        .where(PaymentMonth.payment_id == payment.id)
        .order_by(PaymentMonth.month)
    ).all()


def _void(session: Session, payment: Payment) -> Void | None:
    if payment.state is not PaymentState.REFUNDED or payment.custody is not Custody.AGENT:
        return None
    voided = session.scalar(
        select(CashReversal).where(
            CashReversal.payment_id == payment.id, CashReversal.state == ReversalState.APPROVED
        )
    )
    if voided is None or voided.number is None or voided.decided_at is None:
        return None
    return Void(number=voided.number, why=voided.why, at=voided.decided_at)


def _deposited_at(session: Session, payment: Payment) -> datetime | None:
    """When the agent's cash was confirmed as deposited; with a provider, when it was paid."""
    if payment.custody is not Custody.AGENT:
        return payment.settled_at
    return session.scalar(
        select(func.max(Deposit.decided_at)).where(
            Deposit.id == payment.deposit_id, Deposit.state == DepositState.CONFIRMED
        )
    )
