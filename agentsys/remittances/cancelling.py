"""Requesting to cancel a batch whose kode iuran may be paid already; a second person decides."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.errors import Invalid
from agentsys.remittances.batches import RemittanceAction, lead, record, take
from agentsys.remittances.models import Remittance


def ask_to_cancel(
    session: Session, *, remittance_id: int, reason: str, actor_id: int
) -> Remittance:
    """Request cancellation; a second person completes it with `batches.cancel`."""
    reason = " ".join(reason.replace("\0", "").split())
    if not reason:
        raise Invalid("Isi alasan setoran dibatalkan, misalnya kode kedaluwarsa sebelum dibayar.")
    remittance, actor = take(session, remittance_id, actor_id)
    with session.no_autoflush:
        lead(remittance, RemittanceAction.ASK_TO_CANCEL, actor)
        remittance.cancel_reason = reason[:200]
        remittance.cancel_asked_by = actor.id
        remittance.cancel_asked_at = clock.now()
    session.flush()
    record(session, remittance, "cancel_asked", actor_id)
    return remittance


def keep(session: Session, *, remittance_id: int, actor_id: int) -> Remittance:
    """Drop the cancellation request; the batch keeps its kode iuran."""
    remittance, actor = take(session, remittance_id, actor_id)
    lead(remittance, RemittanceAction.KEEP, actor)
    forget_asking(remittance)
    session.flush()
    record(session, remittance, "kept", actor_id)
    return remittance


def forget_asking(remittance: Remittance) -> None:
    """Clear the cancellation request; the audit trail keeps who made it."""
    remittance.cancel_reason = ""
    remittance.cancel_asked_by = None
    remittance.cancel_asked_at = None
