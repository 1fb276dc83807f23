"""What the city's finance people decided about recent problems."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.demo.city.staff import Staff
from agentsys.ledger import accounts
from agentsys.payments.case_closing import close_case
from agentsys.payments.case_opening import open_case
from agentsys.payments.models import Case, CaseKind, Payment, Resolution, StoredCallback
from agentsys.transfers.repayments import TransferAction, decide_transfer, propose


def close(
    session: Session, staff: Staff, payment: Payment | None, resolution: Resolution, note: str
) -> None:
    """Close the case about a payment."""
    of_it = Case.payment_id == (payment.id if payment else None)
    case = session.scalar(select(Case).where(of_it))
    if case is not None:
        close_case(
            session,
            case_id=case.id,
            actor_id=staff.finance[staff.main_id],
            note=note,
            resolution=resolution,
        )


def repay(session: Session, staff: Staff, payment: Payment | None) -> None:
    """Repay an overpayment by a transfer."""
    if payment is not None:
        proposed = propose(
            session,
            account=accounts.owed_to_worker(payment.payer_id),
            amount_idr=payment.amount_idr,
            bank_ref="TRF 0412",
            note="Iuran yang dibayar dua kali, kembali kepada pekerja",
            actor_id=staff.finance[staff.main_id],
        )
        decide_transfer(
            session,
            transfer_id=proposed.id,
            action=TransferAction.BOOK,
            actor_id=staff.admin_id,
        )


def unanswered(session: Session, at: datetime) -> None:
    """Open the case of the callback that has waited too long for its plugin."""
    waiting = session.scalar(select(StoredCallback).where(StoredCallback.outcome.is_(None)))
    if waiting is not None:
        open_case(
            session,
            kind=CaseKind.UNANSWERED,
            subject=waiting.reference,
            at=at,
            callback_id=waiting.id,
            facts={"callback": waiting.id},
        )
