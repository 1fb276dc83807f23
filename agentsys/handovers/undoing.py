"""Undoing a hand-over: all is as it was before, as long as no new agent was paid."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.holding_off import hold_off_billing
from agentsys.errors import Conflict, Invalid
from agentsys.events import record as events
from agentsys.extension.events import WorkersHandedOver
from agentsys.handovers import moving
from agentsys.handovers.models import Handover
from agentsys.handovers.moving import not_while_imported, values_of
from agentsys.handovers.planning import record
from agentsys.handovers.transitions import HandoverAction, opened
from agentsys.people.models import Agent

_LOCK_WORKERS = text("""
SELECT count(*) FROM (
    SELECT w.id FROM handover_workers h
    JOIN workers w ON w.id = h.worker_id AND w.agent_id = h.to_agent_id
    WHERE h.handover_id = :id AND w.office_id = :to_office_id
    ORDER BY w.id
    FOR NO KEY UPDATE OF w
) AS found
""")
_SAME_ASSIGNMENTS = text("""
SELECT count(*) FROM handover_workers h
JOIN assignments a ON a.worker_id = h.worker_id AND a.until_month IS NULL
    AND a.agent_id = h.to_agent_id AND a.from_month = greatest(h.since, :month)
WHERE h.handover_id = :id
""")
_LOCK_MONTHS = text("""
SELECT count(*) FROM (
    SELECT c.month FROM handover_workers h
    JOIN contributions c ON c.worker_id = h.worker_id AND c.agent_id = h.to_agent_id
    WHERE h.handover_id = :id AND c.payment_id IS NULL
    ORDER BY c.worker_id, c.month
    FOR NO KEY UPDATE OF c
) AS found
""")
# By when our books received it: the provider's time may be earlier than the hand-over.
_PAID = text("""
SELECT count(DISTINCT c.worker_id) FROM handover_workers h
JOIN contributions c ON c.worker_id = h.worker_id AND c.agent_id = h.to_agent_id
JOIN payment_moves m ON m.payment_id = c.payment_id AND m.to_state = 'settled'
    AND m.at >= :done_at
WHERE h.handover_id = :id
""")
_RESTORE = {
    "replaced": """
UPDATE assignments a SET agent_id = :from_agent_id FROM handover_workers h
WHERE h.handover_id = :id AND h.since >= :month
    AND a.worker_id = h.worker_id AND a.from_month = h.since
""",
    "begun": """
DELETE FROM assignments a USING handover_workers h
WHERE h.handover_id = :id AND h.since < :month
    AND a.worker_id = h.worker_id AND a.from_month = :month
""",
    "ended": """
UPDATE assignments a SET until_month = NULL FROM handover_workers h
WHERE h.handover_id = :id AND h.since < :month
    AND a.worker_id = h.worker_id AND a.from_month = h.since
""",
    "workers": """
UPDATE workers w SET agent_id = :from_agent_id, office_id = :office_id, updated_at = :now
FROM handover_workers h WHERE h.handover_id = :id AND w.id = h.worker_id
""",
    "months": """
UPDATE contributions c SET agent_id = :from_agent_id, office_id = :office_id
FROM handover_workers h
WHERE h.handover_id = :id AND c.worker_id = h.worker_id AND c.agent_id = h.to_agent_id
    AND c.payment_id IS NULL
""",
    "told": """
INSERT INTO audit_events (at, actor_id, action, subject, office_id, details)
SELECT :now, CAST(:actor_id AS bigint), 'worker.assigned_back', 'worker:' || h.worker_id,
    CAST(:office_id AS bigint),
    jsonb_build_object(
        'handover', h.handover_id, 'from_agent_id', h.to_agent_id,
        'agent_id', CAST(:from_agent_id AS bigint), 'to', CAST(:from_name AS text),
        'reason', CAST(:why AS text)
    )
FROM handover_workers h WHERE h.handover_id = :id ORDER BY h.worker_id
""",
}


def undo(session: Session, *, handover_id: int, reason: str, actor_id: int) -> Handover:
    """Give all workers and open months back; Conflict once a new agent was paid."""
    handover, to = opened(session, handover_id, HandoverAction.UNDO, actor_id)
    reason = " ".join(reason.replace("\0", "").split())[:200]
    if not reason:
        raise Invalid("Tulis alasan membatalkan serah terima.", about="reason")
    giving = session.get_one(Agent, handover.from_agent_id, with_for_update={"read": True})
    values = values_of(handover) | {
        "done_at": handover.done_at,
        "from_name": giving.name,
        "why": reason,
        "actor_id": actor_id,
    }
    hold_off_billing(session)
    with not_while_imported():
        found = session.scalar(_LOCK_WORKERS, values)
    if found != handover.workers or session.scalar(_SAME_ASSIGNMENTS, values) != found:
        raise Conflict(
            "Sebagian pekerja sudah pindah lagi, jadi serah terima ini tidak dapat dibatalkan."
            " Buat serah terima baru."
        )
    moving.refuse_tied(session, handover)
    session.scalar(_LOCK_MONTHS, values)
    _refuse_paid(session, values)
    for statement in _RESTORE.values():
        session.execute(text(statement), values)
    session.expire_all()
    handover.state = to
    _record(session, handover, reason, actor_id)
    return handover


def _refuse_paid(session: Session, values: dict[str, object]) -> None:
    paid = session.scalar(_PAID, values)
    if paid:
        raise Conflict(
            "{count} pekerja sudah membayar kepada agen barunya, jadi serah terima ini tidak dapat"
            " dibatalkan. Buat serah terima baru.",
            count=paid,
        )


def _record(session: Session, handover: Handover, reason: str, actor_id: int) -> None:
    handover.undone_at, handover.undone_by = clock.now(), actor_id
    handover.undo_reason = reason
    session.flush()
    record(session, handover, "undone", actor_id, why=reason)
    events.record(
        session,
        WorkersHandedOver(
            office_id=handover.office_id,
            agent_id=handover.from_agent_id,
            handover_id=handover.id,
            to_office_id=handover.to_office_id,
            month=handover.from_month,
            workers=handover.workers,
            undone=True,
        ),
        actor_id=actor_id,
    )
