"""The journal entries of refunds: reserved when approved, then given or released."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments import attempts, books, owed
from agentsys.payments.case_opening import open_about
from agentsys.payments.models import CaseKind, Outcome, Payment
from agentsys.payments.refund_models import Refund, RefundState
from agentsys.payments.sanitise import plain


def reserve(session: Session, refund: Refund, payment: Payment, amount_idr: int) -> None:
    """Keep what is owed to the worker from being used while the provider is asked."""
    refund.reserved_idr = amount_idr
    if amount_idr:
        journal.post(
            session,
            kind="refund.reserved",
            source=f"refund:{refund.id}",
            at=clock.now(),
            lines=_reserving(payment, amount_idr),
        )
    session.flush()


def fail(session: Session, refund: Refund, payment: Payment, *, why: str) -> None:
    """The provider refuses the refund for good: the money is the worker's as before."""
    _release(session, refund, payment, clock.now())
    refund.state = RefundState.FAILED
    refund.note = plain(why, 200)
    session.flush()


def apply_refunds(
    session: Session, payment: Payment, report: PaymentReport, at: datetime
) -> Outcome | None:
    """Book our refunds that a report names; the outcome if they explain all that it says.

    None if the report says more: a whole refund changes the payment's state as any other does.
    """
    ours = {refund.key: refund for refund in _known(session, payment, report)}
    if not ours:
        return None
    moved = False
    for reported in report.refunds:
        refund = ours.get(reported.key)
        if refund is None:
            continue
        if refund.state is not RefundState.GIVEN:
            _give(session, refund, payment, at)
            moved = True
        if reported.confirmed and refund.confirmed_at is None:
            refund.confirmed_at = at
            moved = True
    session.flush()
    if any(refund.is_whole for refund in ours.values()):
        return None
    if attempts.is_another(payment, report):
        attempts.keep(session, payment, report, at)
    if _holds(session, payment, report) != books.held(session, payment):
        return None
    return Outcome.MOVED if moved else Outcome.NOTHING_NEW


def _known(session: Session, payment: Payment, report: PaymentReport) -> Sequence[Refund]:
    """Our refunds that the report names, locked; one that we gave up may have come about."""
    keys = [reported.key for reported in report.refunds if reported.key]
    if not keys:
        return ()
    return session.scalars(
        select(Refund)
        .where(
            Refund.payment_id == payment.id,
            Refund.key.in_(keys),
            Refund.state.in_((RefundState.APPROVED, RefundState.GIVEN, RefundState.FAILED)),
        )
        .order_by(Refund.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def _give(session: Session, refund: Refund, payment: Payment, at: datetime) -> None:
    if refund.state is RefundState.APPROVED:
        _release(session, refund, payment, at)
    refund.state = RefundState.GIVEN
    refund.given_at = at
    refund.note = ""
    if refund.is_whole:
        return  # booked with the change of the payment's state
    of_owed = min(refund.amount_idr, owed.to_payer(session, payment))
    journal.post(
        session,
        kind="payment.part_refunded",
        source=f"refund:{refund.id}",
        at=at,
        lines={
            books.money_account(payment): -refund.amount_idr,
            owed.account_of(payment): of_owed,
            owed.claim_of(payment): refund.amount_idr - of_owed,
        },
    )
    if of_owed < refund.amount_idr:
        open_about(
            session,
            CaseKind.REFUNDED_AFTER_REPAID,
            payment,
            at,
            repaid_idr=refund.amount_idr - of_owed,
        )


def _release(session: Session, refund: Refund, payment: Payment, at: datetime) -> None:
    if refund.reserved_idr:
        lines = _reserving(payment, refund.reserved_idr)
        journal.post(
            session,
            kind="refund.released",
            source=f"refund:{refund.id}",
            at=at,
            lines={account: -amount for account, amount in lines.items()},
        )


def _reserving(payment: Payment, amount_idr: int) -> dict[str, int]:
    return {
        owed.account_of(payment): amount_idr,
        accounts.reserved(payment.office_id): -amount_idr,
    }


def _holds(session: Session, payment: Payment, report: PaymentReport) -> int:
    """What the provider holds of the payment after the report, all attempts counted."""
    left = 0 if report.state is PaymentState.REFUNDED else report.amount_idr
    return left + attempts.paid_beside(
        session, payment, report.provider_ref or payment.provider_ref
    )
