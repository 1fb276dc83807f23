"""The possible resolutions of each kind of case, and what each does to the journal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from agentsys.errors import Conflict, Refused
from agentsys.extension.contract import PaymentReport, PaymentState
from agentsys.ledger import accounts, journal
from agentsys.payments import books, deposit_cases, owed
from agentsys.payments.case_opening import open_about
from agentsys.payments.lifecycle import accept_aside, apply_report
from agentsys.payments.models import Case, CaseKind, Payment, Resolution
from agentsys.payments.payment_moves import PAYMENT_TRANSITIONS

# The resolutions allowed for each kind of case; pages offer the first one by default.
RESOLUTIONS: dict[CaseKind, tuple[Resolution, ...]] = {
    CaseKind.OTHER_AMOUNT: (Resolution.TO_WORKER, Resolution.ACCEPT, Resolution.NOTED),
    CaseKind.PAID_TWICE: (Resolution.NOTED,),
    CaseKind.PAID_AGAIN: (Resolution.FOLLOW, Resolution.NOTED),
    CaseKind.PAID_LATE: (Resolution.NOTED,),
    CaseKind.NO_CASH: (Resolution.TO_WORKER, Resolution.ACCEPT, Resolution.NOTED),
    CaseKind.UNKNOWN_ORDER: (Resolution.NOTED,),
    CaseKind.REVERSED: (Resolution.TAKEN_BACK, Resolution.NOTED),
    CaseKind.REFUNDED_AFTER_REMITTED: (Resolution.NOTED,),
    CaseKind.REFUNDED_AFTER_REPAID: (Resolution.NOTED,),
    CaseKind.CHANGED_AFTER_DECISION: (Resolution.FOLLOW, Resolution.NOTED),
    CaseKind.UNCLEAR: (Resolution.FOLLOW, Resolution.TAKEN_BACK, Resolution.NOTED),
    CaseKind.UNANSWERED: (Resolution.NOTED,),
    CaseKind.PAID_THOUGH_CANCELLED: (Resolution.NOTED,),
}
# While such a case is open, money of the payment may be in suspense.
_ASIDE = (CaseKind.OTHER_AMOUNT, CaseKind.UNCLEAR, CaseKind.NO_CASH)
# Their facts say what the provider holds.
FOLLOWED = (CaseKind.UNCLEAR, CaseKind.CHANGED_AFTER_DECISION, CaseKind.PAID_AGAIN)
REASONS = {
    PaymentState.FAILED: "Uangnya tidak utuh di penyedia; sisanya menjadi hak pembayar.",
    PaymentState.REFUNDED: "Ditarik kembali oleh penyedia.",
}


def take_effect(
    session: Session,
    payment: Payment,
    case: Case,
    resolution: Resolution,
    *,
    by: str,
    at: datetime,
) -> None:
    """Book a resolution; Refused if it does not fit the current balances."""
    effect = _EFFECTS.get(resolution)
    if effect is not None:
        effect(session, payment, case, by, at)
    elif case.kind in _ASIDE and _waits_for(session, payment, case):
        raise Refused("Uangnya masih ditahan: putuskan untuk siapa uang ini.")


def _waits_for(session: Session, payment: Payment, case: Case) -> bool:
    """Whether money in suspense waits for this case's decision, and for no other's."""
    others = (
        (Case.payment_id == payment.id)
        & Case.kind.in_(_ASIDE)
        & Case.closed_at.is_(None)
        & (Case.id != case.id)
    )
    alone = case.kind is not CaseKind.UNCLEAR or not session.scalar(select(exists().where(others)))
    return bool(payment.aside_idr) and alone


def _to_worker(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Move the money from suspense to what we owe the payer; the payment itself has failed."""
    _owe(session, payment, _aside(payment), by, at)
    if payment.state in (PaymentState.CREATED, PaymentState.PENDING, PaymentState.EXPIRED):
        failed = PaymentReport(
            reference=payment.reference,
            state=PaymentState.FAILED,
            amount_idr=payment.amount_idr,
            reason="Jumlah yang datang berbeda; uangnya menjadi hak pembayar.",
        )
        apply_report(session, report=failed, by=by, at=at)


def _accept(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Pay the months or the deposit with the money in suspense; owe the rest to the payer."""
    aside = _aside(payment)
    if aside < payment.amount_idr:
        raise Refused(
            "Uang yang ditahan {aside_idr}, kurang dari tagihan {amount_idr}."
            " Kembalikan kepada pembayar.",
            aside_idr=aside,
            amount_idr=payment.amount_idr,
        )
    deposit_cases.check_cash(session, payment)
    if aside > payment.amount_idr:
        _owe(session, payment, aside - payment.amount_idr, by, at)
    accept_aside(session, payment, by=by, at=at)


def _taken_back(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Reverse the payment, because the provider holds nothing of it any more."""
    _bring_to(session, payment, case, 0, by=by, at=at)


def _follow(session: Session, payment: Payment, case: Case, by: str, at: datetime) -> None:
    """Book the amount that the provider reports, if the case holds its newest report."""
    newer = (Case.payment_id == payment.id) & Case.kind.in_(FOLLOWED) & (Case.id > case.id)
    if session.scalar(select(exists().where(newer))):
        raise Refused(
            "Ada notifikasi yang lebih baru tentang pembayaran ini. Putuskan kasus yang terbaru,"
            " dan tutup yang ini dengan catatan."
        )
    _bring_to(session, payment, case, int(case.facts["holds_idr"]), by=by, at=at)


def _bring_to(
    session: Session, payment: Payment, case: Case, holds_idr: int, *, by: str, at: datetime
) -> None:
    """Book that the provider holds this many rupiah; owe what exceeds the payment to the payer."""
    if payment.aside_idr:
        books.move_out_of_suspense(session, payment=payment, at=at)
    state = _state_with(payment, holds_idr)
    if state is not None:
        # Reverse an earlier decision first; then the state change is possible.
        _correct(session, payment, case, books.paid_in(payment), by=by, at=at)
        report = PaymentReport(
            reference=payment.reference,
            state=state,
            amount_idr=payment.amount_idr,
            reason=REASONS.get(state, ""),
        )
        apply_report(session, report=report, by=by, at=at)
    _correct(session, payment, case, holds_idr, by=by, at=at)


def _state_with(payment: Payment, holds_idr: int) -> PaymentState | None:
    """The state that matches the rupiah its provider holds, if the payment can reach it."""
    following = PAYMENT_TRANSITIONS[payment.state]
    if holds_idr == payment.amount_idr and PaymentState.SETTLED in following:
        return PaymentState.SETTLED
    if payment.state is PaymentState.SETTLED and holds_idr < payment.amount_idr:
        return PaymentState.REFUNDED
    return PaymentState.FAILED if PaymentState.FAILED in following else None


def _correct(
    session: Session, payment: Payment, case: Case, holds_idr: int, *, by: str, at: datetime
) -> None:
    off = holds_idr - books.held(session, payment)
    if payment.for_deposit_id is not None:
        if off < 0:
            deposit_cases.refuse_less()
        elif off:
            deposit_cases.keep(session, payment, case, off, by=by, at=at)
    elif off > 0:
        books.keep(session, payment=payment, case_id=case.id, amount_idr=off, at=at)
    elif off < 0:
        repaid = books.let_go(session, payment=payment, case_id=case.id, amount_idr=-off, at=at)
        if repaid:
            open_about(session, CaseKind.REFUNDED_AFTER_REPAID, payment, at, repaid_idr=repaid)


def _aside(payment: Payment) -> int:
    if not payment.aside_idr:
        raise Conflict("Tidak ada uang yang ditahan untuk tagihan ini; tutup kasus dengan catatan.")
    return payment.aside_idr


def _owe(session: Session, payment: Payment, amount_idr: int, by: str, at: datetime) -> None:
    if payment.for_deposit_id is not None:
        deposit_cases.owe(session, payment, amount_idr, by=by, at=at)
        return
    payment.aside_idr -= amount_idr
    journal.post(
        session,
        kind="payment.owed_to_worker" if payment.for_bill_id is None else "payment.owed_to_sponsor",
        source=payment.reference,
        at=at,
        lines={
            accounts.suspense(payment.office_id): amount_idr,
            owed.account_of(payment): -amount_idr,
        },
    )


_EFFECTS: dict[Resolution, Callable[[Session, Payment, Case, str, datetime], None]] = {
    Resolution.TO_WORKER: _to_worker,
    Resolution.ACCEPT: _accept,
    Resolution.TAKEN_BACK: _taken_back,
    Resolution.FOLLOW: _follow,
}
