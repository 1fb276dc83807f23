"""One worker's money: the last twelve months, and every payment with what it paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions import earlier
from agentsys.contributions.models import Contribution, ContributionState
from agentsys.extension.contract import PaymentState
from agentsys.ledger import accounts, journal
from agentsys.months import add_months
from agentsys.payments.models import Payment, PaymentMonth, Receipt
from agentsys.workers.kinds import Funding

_STEPS = (
    ContributionState.BILLED,
    ContributionState.COLLECTED,
    ContributionState.REMITTED,
    ContributionState.CONFIRMED,
)


@dataclass(frozen=True, kw_only=True)
class MonthStanding:
    """One month of a worker; `state` and `amount_idr` are None if it was never billed.

    `elsewhere`: it was not billed because it is recorded as paid to BPJS in another way.
    """

    month: date
    state: ContributionState | None
    amount_idr: int | None
    paid: bool
    sponsored: bool
    elsewhere: bool = False

    @property
    def shown(self) -> str:
        """The word for the month: its state, or who paid it instead."""
        if self.elsewhere:
            return "elsewhere"
        if self.sponsored and self.state is not ContributionState.CONFIRMED:
            return "sponsored"
        return str(self.state)


@dataclass(frozen=True, kw_only=True)
class PaymentRow:
    """One payment, its months, and the state of their contributions."""

    payment_id: int
    at: datetime
    amount_idr: int
    channel: str
    state: PaymentState
    months: Sequence[date]
    progress: ContributionState  # of the month that has progressed least
    receipt_no: str
    receipt_code: str


def standings(session: Session, *, worker_id: int, count: int = 12) -> list[MonthStanding]:
    """The last months up to this one, oldest first."""
    months = [add_months(clock.this_month(), back) for back in range(1 - count, 1)]
    rows = session.execute(
        select(
            Contribution.month,
            Contribution.state,
            Contribution.amount_idr,
            Contribution.payment_id.is_not(None).label("paid"),
            Contribution.funding,
        ).where(Contribution.worker_id == worker_id, Contribution.month.in_(months))
    )
    found = {row.month: row for row in rows}
    elsewhere = earlier.counted_of(session, worker_id=worker_id)
    return [_standing(month, found.get(month), month in elsewhere) for month in months]


def _standing(month: date, row: Any, elsewhere: bool) -> MonthStanding:
    return MonthStanding(
        month=month,
        state=row.state if row else None,
        amount_idr=row.amount_idr if row else None,
        paid=elsewhere or bool(row and row.paid),
        sponsored=bool(row and row.funding is not Funding.SELF),
        elsewhere=elsewhere,
    )


def owed(session: Session, *, worker_id: int) -> int:
    """Rupiah that we owe the worker, such as for a month that was paid twice."""
    return max(0, -journal.balance(session, accounts.owed_to_worker(worker_id)))


def payments(session: Session, *, worker_id: int, limit: int = 24) -> list[PaymentRow]:
    """The worker's payments, newest first."""
    newest = (
        select(Payment.id)
        .where(Payment.worker_id == worker_id)
        .order_by(Payment.id.desc())
        .limit(limit)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            Payment.id,
            Payment.created_at,
            Payment.amount_idr,
            Payment.channel,
            Payment.state,
            func.array_agg(PaymentMonth.month),
            func.array_agg(Contribution.state),
            func.coalesce(func.max(Receipt.number), ""),
            func.coalesce(func.max(Receipt.code), ""),
        )
        .join(PaymentMonth, PaymentMonth.payment_id == Payment.id)
        .outerjoin(
            Contribution,
            (Contribution.worker_id == PaymentMonth.worker_id)
            & (Contribution.month == PaymentMonth.month)
            & (Contribution.payment_id == Payment.id),
        )
        .outerjoin(Receipt, Receipt.payment_id == Payment.id)
        .where(Payment.id.in_(newest))
        .group_by(Payment.id)
        .order_by(Payment.id.desc())
    )
    return [
        PaymentRow(
            payment_id=payment_id,
            at=at,
            amount_idr=amount_idr,
            channel=channel,
            state=state,
            months=sorted(months),
            progress=min(
                (ContributionState(reached or "billed") for reached in states), key=_STEPS.index
            ),
            receipt_no=receipt_no,
            receipt_code=code,
        )
        for payment_id, at, amount_idr, channel, state, months, states, receipt_no, code in rows
    ]
