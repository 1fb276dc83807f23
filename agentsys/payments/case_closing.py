"""Closing cases: a person decides with a note, and the journal is updated accordingly."""

from __future__ import annotations

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Forbidden, Invalid, NotFound
from agentsys.payments.case_effects import RESOLUTIONS, take_effect
from agentsys.payments.lifecycle import locked
from agentsys.payments.models import Case, Payment, Resolution


def close_case(
    session: Session, *, case_id: int, actor_id: int, note: str, resolution: Resolution
) -> Case:
    """Close a case and book its resolution; Conflict if it is closed already."""
    note = note.replace("\0", "").strip()
    if not note:
        raise Invalid("Isi catatan: apa yang diperiksa dan mengapa diputuskan begitu.")
    found = session.get(Case, case_id)
    if found is None:
        raise NotFound()
    if found.payment is not None and _collects(actor_id, found.payment):
        raise Forbidden(
            "Pembayaran ini dari pekerja tanggungan Anda sendiri. Minta orang lain memutuskan."
        )
    # Lock the payment before the case, the order that reports use too, to avoid deadlocks.
    payment = locked(session, found.payment.reference) if found.payment else None
    case = session.get(
        Case, case_id, with_for_update={"of": Case, "key_share": True}, populate_existing=True
    )
    if case is None or case.closed_at is not None:
        raise Conflict("Kasus ini sudah ditutup orang lain.")
    if resolution not in RESOLUTIONS[case.kind]:
        raise Invalid(
            "Keputusan ini tidak berlaku untuk kasus seperti ini.",
            kind=case.kind.value,
            resolution=resolution.value,
        )
    at = clock.now()
    if payment is not None:
        take_effect(session, payment, case, resolution, by=f"user:{actor_id}", at=at)
    case.closed_at = at
    case.closed_by = actor_id
    case.resolution = resolution.value
    case.note = note[:500]
    session.flush()
    trail.record(
        session,
        actor_id=actor_id,
        action="case.closed",
        subject=f"case:{case.id}",
        details={"kind": case.kind.value, "resolution": resolution.value, "about": case.subject},
    )
    return case


def _collects(actor_id: int, payment: Payment) -> bool:
    """Whether the person is the agent who collected the payment."""
    return payment.agent is not None and payment.agent.user_id == actor_id
