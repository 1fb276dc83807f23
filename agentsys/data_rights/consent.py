"""A worker's consent to the use of personal data: given again, or withdrawn."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.audit import trail
from agentsys.errors import Conflict, Invalid
from agentsys.memberships import ending
from agentsys.memberships.ending import locked_worker
from agentsys.workers.enrolment import CONSENT_VERSION
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment


def withdraw(session: Session, *, worker_id: int, note: str, actor_id: int) -> None:
    """Stop using the data: the membership ends with this month, and its links and mandates too.

    What was paid stays paid. Without a new consent the membership cannot be resumed.
    """
    worker = locked_worker(session, worker_id)
    if worker.consent_withdrawn_at is not None:
        raise Conflict("Persetujuan pekerja ini sudah ditarik.")
    running = select(Enrolment.from_month).where(
        Enrolment.worker_id == worker_id, Enrolment.until_month.is_(None)
    )
    if session.scalar(running) is not None:
        ending.end(
            session,
            worker_id=worker_id,
            reason=EndReason.WISHED,
            happened_on=clock.now().date(),
            note=note,
            actor_id=actor_id,
        )
    worker.consent_withdrawn_at = clock.now()
    session.flush()
    _record(session, worker_id, "withdrawn", note, actor_id)


def give(session: Session, *, worker_id: int, note: str, actor_id: int) -> None:
    """Record that the worker consented to the present text; `note` says how that is known."""
    worker = locked_worker(session, worker_id)
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis bagaimana pekerja menyetujui, misalnya tanda tangan.", about="how")
    if worker.erased_at is not None:
        raise Conflict("Data pribadi pekerja ini sudah dihapus.")
    worker.consent_text, worker.consent_at = CONSENT_VERSION, clock.now()
    worker.consent_withdrawn_at = None
    session.flush()
    _record(session, worker_id, "given", note, actor_id)


def _record(session: Session, worker_id: int, what: str, note: str, actor_id: int) -> None:
    trail.record(
        session,
        actor_id=actor_id,
        action=f"consent.{what}",
        subject=f"worker:{worker_id}",
        details={"note": note, "text": CONSENT_VERSION},
    )
