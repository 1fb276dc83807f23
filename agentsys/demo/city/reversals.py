"""Corrections: a batch to cancel, a code that was paid too late, a refused NIK, void receipts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.contributions.models import Contribution
from agentsys.demo.city import short_deposits, tariffs, void_receipts, wrong_deposits
from agentsys.demo.city.staff import Staff
from agentsys.remittances.cancelling import ask_to_cancel
from agentsys.remittances.confirmations import confirm
from agentsys.remittances.holds import hold
from agentsys.remittances.models import Remittance, RemittanceState
from agentsys.remittances.results import ResultRow


def play(session: Session, *, staff: Staff) -> None:
    """Create each of them with the real services."""
    short_deposits.play(session, staff=staff)
    void_receipts.play(session, staff=staff)
    wrong_deposits.play(session, staff=staff)
    tariffs.play(session, staff=staff)
    cancelled = _newest(session, staff.main_id, RemittanceState.CANCELLED)
    if cancelled is not None:
        code, amount = cancelled.kode_iuran or "", cancelled.amount_idr
        paid = ResultRow(1, code, True, "PAID", amount, f"NTPN{cancelled.id:012d}")
        confirm(session, rows=[paid], actor_id=staff.finance[staff.main_id])
    coded = _newest(session, staff.other_id, RemittanceState.CODED)
    if coded is not None:
        ask_to_cancel(
            session,
            remittance_id=coded.id,
            reason="Kode iuran kedaluwarsa sebelum dibayar.",
            actor_id=staff.finance[staff.other_id],
        )
    batch = _newest(session, staff.main_id, RemittanceState.OPEN)
    if batch is not None and batch.count > 1:
        refused = session.scalars(
            select(Contribution)
            .where(Contribution.remittance_id == batch.id)
            .order_by(Contribution.worker_id, Contribution.month)
            .limit(1)
        ).one()
        hold(
            session,
            worker_id=refused.worker_id,
            month=refused.month,
            reason="NIK ditolak BPJS: nama berbeda dari data Dukcapil.",
            actor_id=staff.finance[staff.main_id],
        )


def _newest(session: Session, office_id: int, state: RemittanceState) -> Remittance | None:
    return session.scalar(
        select(Remittance)
        .where(Remittance.office_id == office_id, Remittance.state == state)
        .order_by(Remittance.id.desc())
        .limit(1)
    )
