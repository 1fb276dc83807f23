"""A deposit that an agent paid after it had expired, when the cash had gone another way."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from agentsys.demo.city.collecting import reference
from agentsys.demo.city.notifying import row
from agentsys.demo.city.staff import Staff
from agentsys.extension.contract import Custody, PaymentReport, PaymentState
from agentsys.payments.deposit_models import Deposit
from agentsys.payments.lifecycle import apply_report, begin
from agentsys.payments.models import Payment

BANK = "bca_va"
AMOUNT_IDR = 187_450  # no sum of receipts, so that the agent never holds exactly this much
P = PaymentState


def late_deposit(
    session: Session, staff: Staff, at: datetime, rng: random.Random
) -> Iterator[tuple[object, ...]]:
    """Make the deposit and its case, paid at that time; yield the callback."""
    agent = staff.of_office(staff.main_id)[-1]
    declared = at - timedelta(days=2)
    order = reference(declared, rng)
    deposit = Deposit(
        key=f"demo-{order}",
        agent_id=agent.id,
        office_id=agent.office_id,
        amount_idr=AMOUNT_IDR,
        channel=BANK,
        evidence=order,
        declared_by=agent.user_id,
        declared_at=declared,
    )
    session.add(deposit)
    session.flush()
    key = f"deposit:{deposit.id}"
    payment = Payment(
        reference=order,
        key=key,
        request_hash=hashlib.sha256(key.encode()).digest(),
        for_deposit_id=deposit.id,
        agent_id=agent.id,
        office_id=agent.office_id,
        channel=BANK,
        custody=Custody.PROVIDER,
        clearing="midtrans",
        amount_idr=AMOUNT_IDR,
        created_by=agent.user_id,
        created_at=declared,
    )
    begin(session, payment, by=f"user:{agent.user_id}")
    for state, moment in (
        (P.PENDING, declared),
        (P.EXPIRED, declared + timedelta(days=1)),
        (P.SETTLED, at),
    ):
        said = PaymentReport(
            reference=order, state=state, amount_idr=AMOUNT_IDR, reason=_REASONS.get(state, "")
        )
        outcome = apply_report(session, report=said, by="callback", at=moment)
    yield row(BANK, said, at, outcome=outcome)


_REASONS = {P.EXPIRED: "Waktu membayar sudah habis."}
