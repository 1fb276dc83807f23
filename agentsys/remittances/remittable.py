"""Which contributions can go to BPJS now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Interval,
    and_,
    exists,
    literal_column,
    or_,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from agentsys.contributions.models import Contribution
from agentsys.extension.contract import Custody, PaymentState
from agentsys.payments.case_opening import HOLDING_BACK
from agentsys.payments.deposit_models import Deposit, DepositState
from agentsys.payments.models import Case, Payment
from agentsys.payments.refund_models import LIVE, Refund

# How long money waits for a provider that does not say whether it was taken back. Written as text,
# for queries that are built once.
_ASKED_IN_VAIN = literal_column("interval '1 day'", Interval)
_OfDeposit = aliased(Payment)


def remittable(
    office_id: int | InstrumentedAttribute[int], now: datetime | ColumnElement[datetime]
) -> ColumnElement[bool]:
    """The condition on contributions of an office whose money can go to BPJS now.

    Cash must be in a confirmed deposit. Contributions that finance holds back are excluded, and so
    are payments with an open case that doubts whether the money is still there, payments that are
    about to be given back, and those that the provider may still take back, or may have taken back
    without our knowing. The same goes for the payment of a deposit, where an agent paid it to a
    provider.
    """
    unsure = exists().where(
        _OfDeposit.for_deposit_id == Deposit.id,
        or_(_doubted(_OfDeposit), ~_kept(_OfDeposit, now)),
    )
    in_the_bank = or_(
        Payment.custody.in_((Custody.PROVIDER, Custody.BANK, Custody.CREDIT)),
        exists().where(
            Deposit.id == Payment.deposit_id, Deposit.state == DepositState.CONFIRMED, ~unsure
        ),
    )
    going_back = exists().where(Refund.payment_id == Payment.id, Refund.state.in_(LIVE))
    good = exists().where(
        Payment.id == Contribution.payment_id,
        Payment.state == PaymentState.SETTLED,
        in_the_bank,
        ~_doubted(Payment),
        ~going_back,
        _kept(Payment, now),
    )
    return and_(
        Contribution.office_id == office_id,
        Contribution.payment_id.is_not(None),
        Contribution.remittance_id.is_(None),
        Contribution.held_at.is_(None),
        good,
    )


def _doubted(payment: type[Payment]) -> ColumnElement[bool]:
    """Whether an open case doubts that the money is still there."""
    return exists().where(
        Case.payment_id == payment.id, Case.kind.in_(HOLDING_BACK), Case.closed_at.is_(None)
    )


def _kept(payment: type[Payment], now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether the provider can no longer take the money back.

    It was asked after the reversal window, or could not be for long enough.
    """
    asked = or_(payment.next_check_at.is_(None), payment.final_at + _ASKED_IN_VAIN <= now)
    return or_(payment.final_at.is_(None), and_(payment.final_at <= now, asked))
