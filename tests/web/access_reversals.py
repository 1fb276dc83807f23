"""A reversal that waits, proposed by somebody whom nobody in the world is."""

from __future__ import annotations

from typing import Any

from agentsys.corrections.models import Correctable, Correction
from agentsys.db import db
from agentsys.payments.deduction_models import Deduction
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.models import Payment
from agentsys.payments.reversal_models import CashReversal, ReversalWhy
from tests.factories import make_user


def _deposit_of(payment: Payment) -> int:
    """A deposit of the payment's office."""
    deposit = Deposit(
        key=f"corrected-{payment.id}",
        agent_id=payment.agent_id,
        office_id=payment.office_id,
        amount_idr=1,
        evidence="slip",
        declared_by=payment.agent.user_id if payment.agent else None,
    )
    db.session().add(deposit)
    db.session().flush()
    return deposit.id


def reversal_of(payment: Payment) -> dict[str, Any]:
    """The row, and a deduction that its agent asked for, by the names of URL parameters."""
    return {
        "reversal_id": CashReversal(
            payment_id=payment.id,
            office_id=payment.office_id,
            agent_id=payment.agent_id,
            why=ReversalWhy.OTHER,
            reason="x",
            proposed_by=make_user(db.session(), office_id=payment.office_id).id,
        ),
        "correction_id": Correction(
            what=Correctable.DEPOSIT,
            subject_id=payment.deposit_id or _deposit_of(payment),
            office_id=payment.office_id,
            amount_idr=1,
            reason="x",
            proposed_by=make_user(db.session(), office_id=payment.office_id).id,
        ),
        "deduction_id": Deduction(
            agent_id=payment.agent_id,
            office_id=payment.office_id,
            amount_idr=1,
            note="x",
            asked_by=payment.agent.user_id if payment.agent else None,
        ),
    }
