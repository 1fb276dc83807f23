"""Looking at a NIK in full."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys.audit import trail
from agentsys.crypto import Vault
from agentsys.errors import Invalid, NotFound
from agentsys.workers.models import Worker


def reveal_nik(
    session: Session, *, vault: Vault, worker_id: int, actor_id: int, reason: str
) -> str:
    """The NIK in full; who looked, and why, goes into the trail."""
    if not reason.strip():
        raise Invalid("Tulis alasan melihat NIK lengkap.")
    sealed = session.scalar(select(Worker.nik_sealed).where(Worker.id == worker_id))
    if sealed is None:
        raise NotFound(worker_id=worker_id)
    nik = vault.open(sealed)
    trail.record(
        session,
        actor_id=actor_id,
        action="nik.revealed",
        subject=f"worker:{worker_id}",
        details={"reason": reason.strip()[:200]},
    )
    return nik
