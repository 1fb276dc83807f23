"""Contributions that finance holds back from BPJS, with a reason, until a person releases them.

BPJS may refuse one NIK of a list. Its money stays owed to BPJS; the rest is remitted without it.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.contributions.models import Contribution
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from agentsys.ledger import journal
from agentsys.people.models import User
from agentsys.people.permissions import Permission
from agentsys.remittances.batches import free_refunded, take
from agentsys.remittances.models import Remittance, RemittanceState


def hold(
    session: Session, *, worker_id: int, month: date, reason: str, actor_id: int
) -> Contribution:
    """Hold back the contribution, and take it out of its batch if that has no kode iuran yet."""
    reason = " ".join(reason.replace("\0", "").split())
    if not reason:
        raise Invalid("Isi alasan iuran ditahan, misalnya NIK ditolak BPJS.")
    batch_id = _seen(session, worker_id, month, actor_id).remittance_id
    # Lock the batch before its contributions, as all functions that change a batch do.
    batch = take(session, batch_id, actor_id)[0] if batch_id is not None else None
    held = _locked(session, worker_id, month)
    if held.held_at is not None or held.remittance_id != batch_id:
        raise Conflict()
    if held.confirmed_at is not None:
        raise Refused("Iuran ini sudah LUNAS di BPJS, jadi tidak dapat ditahan lagi.")
    if held.payment_id is None:
        raise Refused("Iuran ini belum dibayar, jadi belum akan disetor dan tidak perlu ditahan.")
    if batch is not None:
        _take_out(session, held, batch)
    held.held_at = clock.now()
    held.held_by = actor_id
    held.hold_reason = reason[:200]
    session.flush()
    _record(session, held, "held", actor_id, batch_id)
    return held


def release(session: Session, *, worker_id: int, month: date, actor_id: int) -> Contribution:
    """Release the contribution; it goes to BPJS with the next batch."""
    _seen(session, worker_id, month, actor_id)
    held = _locked(session, worker_id, month)
    if held.held_at is None:
        raise Conflict("Iuran ini tidak sedang ditahan.")
    _record(session, held, "released", actor_id, None)
    held.held_at = held.held_by = held.hold_reason = None
    session.flush()
    return held


def _seen(session: Session, worker_id: int, month: date, actor_id: int) -> Contribution:
    actor = session.get(User, actor_id)
    found = session.get(Contribution, (worker_id, month), populate_existing=True)
    if found is None or actor is None or actor.office_id not in (found.office_id, None):
        raise NotFound()
    if not actor.can(Permission.CONTRIBUTION_HOLD):
        raise Forbidden(permission=Permission.CONTRIBUTION_HOLD.value)
    return found


def _locked(session: Session, worker_id: int, month: date) -> Contribution:
    return session.get_one(
        Contribution,
        (worker_id, month),
        with_for_update={"key_share": True},
        populate_existing=True,
    )


def _take_out(session: Session, held: Contribution, batch: Remittance) -> None:
    if batch.state is not RemittanceState.OPEN:
        raise Refused(
            "Setoran ini sudah punya kode iuran, dan jumlahnya di EPS sudah tetap. Batalkan dulu"
            " setorannya, lalu tahan iurannya."
        )
    if batch.count == 1:
        raise Refused(
            "Ini satu-satunya iuran di setorannya. Batalkan setorannya, lalu tahan iurannya."
        )
    take_out(session, held, batch)


def take_out(session: Session, held: Contribution, batch: Remittance) -> None:
    """Take a locked contribution out of its locked batch, which must keep another one."""
    batch.count -= 1
    batch.amount_idr -= held.amount_idr
    this_one = (Contribution.worker_id == held.worker_id) & (Contribution.month == held.month)
    claims = free_refunded(session, this_one, office_id=batch.office_id)
    if claims:
        journal.post(
            session,
            kind="remittance.taken_out",
            source=f"remittance:{batch.id}:{held.worker_id}:{held.month:%Y-%m}",
            at=clock.now(),
            lines=claims,
        )
        session.refresh(held)
    held.remittance_id = None


def _record(
    session: Session, held: Contribution, what: str, actor_id: int, batch_id: int | None
) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"contribution.{what}",
        subject=f"contribution:{held.worker_id}:{held.month:%Y-%m}",
        details={
            "amount_idr": held.amount_idr,
            "reason": held.hold_reason,
            "remittance_id": batch_id,
        },
    )
