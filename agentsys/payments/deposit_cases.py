"""What a person's decision does to money that an agent paid to a provider beyond a deposit.

Such money is in suspense, and is returned to the agent by a transfer of two persons, as unexplained
money is.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from agentsys.errors import Refused
from agentsys.ledger import accounts, journal
from agentsys.payments import books
from agentsys.payments.deposit_effects import claim_cash
from agentsys.payments.models import Case, Payment
from agentsys.payments.unexplained_models import Unexplained


def check_cash(session: Session, payment: Payment) -> None:
    """Refused if the agent does not hold the cash that the payment would be a deposit of."""
    if payment.for_deposit_id is not None and not claim_cash(session, payment):
        raise Refused(
            "Titipan di tangan agen tidak sama dengan {amount_idr}, jadi uang ini tidak dapat"
            " menjadi setorannya. Kembalikan kepada agen.",
            amount_idr=payment.amount_idr,
        )


def owe(session: Session, payment: Payment, amount_idr: int, *, by: str, at: datetime) -> None:
    """Money in suspense is the agent's: it waits there to be returned."""
    payment.aside_idr -= amount_idr
    _wait(session, payment, amount_idr, by=by, at=at)


def keep(
    session: Session, payment: Payment, case: Case, amount_idr: int, *, by: str, at: datetime
) -> None:
    """Book that the provider holds more than the deposit; it waits in suspense to be returned."""
    journal.post(
        session,
        kind="payment.kept",
        source=f"case:{case.id}",
        at=at,
        lines={
            books.money_account(payment): amount_idr,
            accounts.suspense(payment.office_id): -amount_idr,
        },
    )
    _wait(session, payment, amount_idr, by=by, at=at)


def refuse_less() -> None:
    """Money that already waits to be returned is not written off by a decision."""
    raise Refused(
        "Uang agen dari pembayaran ini menunggu dikembalikan. Tutup kasus dengan catatan, dan"
        " sesuaikan di Pencairan gateway."
    )


def _wait(session: Session, payment: Payment, amount_idr: int, *, by: str, at: datetime) -> None:
    agent = payment.agent
    assert agent is not None  # the database says so
    session.add(
        Unexplained(
            provider=payment.clearing,
            office_id=payment.office_id,
            amount_idr=amount_idr,
            reason=f"Milik agen {agent.name}: {payment.reference}"[:200],
            booked_by=int(by.removeprefix("user:")),
            booked_at=at,
            payment_id=payment.id,
        )
    )
    session.flush()
