"""Carrying out a hand-over: assignments, workers and open months in a few statements.

The number of statements does not grow with the workers. Everything is locked in one order: the
hand-over, the agents, the months of billing runs, the workers, their open months. So a billing run,
a payment, an enrolment, a list and another hand-over come before all of it or after.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.contributions.holding_off import hold_off_billing
from agentsys.errors import Conflict, Invalid
from agentsys.events import record as events
from agentsys.extension.events import WorkersHandedOver
from agentsys.handovers.models import Handover, HandoverState, HandoverWorker
from agentsys.handovers.planning import record, refuse_own
from agentsys.handovers.queries import HandoverRow
from agentsys.handovers.transitions import HandoverAction, opened
from agentsys.ledger import accounts
from agentsys.people import agent_rules
from agentsys.people.agent_rules import Rule
from agentsys.people.models import Agent, AgentStatus

# Rows that changed since the draft are not counted: then nothing moves.
_LOCK_WORKERS = text("""
SELECT count(*) FROM (
    SELECT w.id FROM handover_workers h
    JOIN workers w ON w.id = h.worker_id
    WHERE h.handover_id = :id AND w.agent_id = :from_agent_id AND w.office_id = :office_id
    ORDER BY w.id
    FOR NO KEY UPDATE OF w
) AS found
""")
_SAME_ASSIGNMENTS = text("""
SELECT count(*) FROM handover_workers h
JOIN assignments a ON a.worker_id = h.worker_id AND a.until_month IS NULL
    AND a.agent_id = :from_agent_id AND a.from_month = h.since
WHERE h.handover_id = :id
""")
# A payment of several months locks them in this order, too.
_LOCK_MONTHS = text("""
SELECT count(*) FROM (
    SELECT c.month FROM handover_workers h
    JOIN contributions c ON c.worker_id = h.worker_id
    WHERE h.handover_id = :id AND c.agent_id = :from_agent_id AND c.payment_id IS NULL
    ORDER BY c.worker_id, c.month
    FOR NO KEY UPDATE OF c
) AS found
""")
# What belongs to the old office: money of a worker there, and what may still bring some.
_TIED = text("""
SELECT count(*) FROM handover_workers h
WHERE h.handover_id = :id AND (
    EXISTS (SELECT FROM payments p
        WHERE p.worker_id = h.worker_id AND p.state IN ('created', 'pending'))
    OR EXISTS (SELECT FROM mandate_workers w JOIN mandates m ON m.id = w.mandate_id
        WHERE w.worker_id = h.worker_id AND m.state <> 'ended')
    OR EXISTS (SELECT FROM cases c JOIN payments p ON p.id = c.payment_id
        WHERE p.worker_id = h.worker_id AND c.closed_at IS NULL)
    OR EXISTS (SELECT FROM contributions c JOIN workers w ON w.id = c.worker_id
        WHERE c.worker_id = h.worker_id AND c.payment_id IS NULL
            AND (c.agent_id, c.office_id) IS DISTINCT FROM (w.agent_id, w.office_id))
    OR EXISTS (SELECT FROM balances b WHERE b.amount_idr <> 0
        AND b.account IN (:owed || h.worker_id, :claim || h.worker_id))
)
""")
MOVE = {
    "ended": """
UPDATE assignments a SET until_month = :month FROM handover_workers h
WHERE h.handover_id = :id AND h.since < :month
    AND a.worker_id = h.worker_id AND a.from_month = h.since
""",
    "begun": """
INSERT INTO assignments (worker_id, from_month, agent_id)
SELECT worker_id, :month, to_agent_id FROM handover_workers
WHERE handover_id = :id AND since < :month
""",
    # These would have begun in that month or later.
    "replaced": """
UPDATE assignments a SET agent_id = h.to_agent_id FROM handover_workers h
WHERE h.handover_id = :id AND h.since >= :month
    AND a.worker_id = h.worker_id AND a.from_month = h.since
""",
    "workers": """
UPDATE workers w SET agent_id = h.to_agent_id, office_id = :to_office_id, updated_at = :now
FROM handover_workers h WHERE h.handover_id = :id AND w.id = h.worker_id
""",
    "months": """
UPDATE contributions c SET agent_id = h.to_agent_id, office_id = :to_office_id
FROM handover_workers h
WHERE h.handover_id = :id AND c.worker_id = h.worker_id AND c.agent_id = :from_agent_id
    AND c.payment_id IS NULL
""",
    "told": """
INSERT INTO audit_events (at, actor_id, action, subject, office_id, details)
SELECT :now, CAST(:actor_id AS bigint), 'worker.assigned', 'worker:' || h.worker_id, a.office_id,
    jsonb_build_object(
        'handover', h.handover_id, 'from_agent_id', CAST(:from_agent_id AS bigint),
        'agent_id', h.to_agent_id, 'from', CAST(:from_name AS text), 'to', a.name,
        'month', greatest(h.since, :month), 'reason', CAST(:reason AS text)
    )
FROM handover_workers h JOIN agents a ON a.id = h.to_agent_id
WHERE h.handover_id = :id ORDER BY h.worker_id
""",
}


def carry_out(session: Session, *, handover_id: int, actor_id: int) -> Handover:
    """Carry out a draft without a second person, if the office's rule allows it for so few."""
    handover, _ = opened(session, handover_id, HandoverAction.CARRY_OUT, actor_id)
    if not is_for_one(handover):
        raise Invalid("Serah terima ini menunggu persetujuan orang kedua. Ajukan dulu.")
    begin(session, handover, actor_id=actor_id)
    return handover


def is_for_one(handover: Handover | HandoverRow) -> bool:
    """Whether one person may carry it out: inside one office, with few enough workers."""
    rule = agent_rules.setting(Rule.HANDOVER_ALONE_WORKERS, clock.now().date())
    return handover.to_office_id == handover.office_id and handover.workers <= rule.value


def begin(session: Session, handover: Handover, *, actor_id: int | None) -> None:
    """Move the workers now, or leave that to the job if the month is still to come."""
    if handover.from_month > clock.this_month():
        handover.state = HandoverState.PLANNED
        session.flush()
        record(session, handover, "planned", actor_id)
    else:
        move(session, handover, actor_id=actor_id)


def move(session: Session, handover: Handover, *, actor_id: int | None) -> None:
    """Move all workers of a locked hand-over; Conflict if one of them changed since the draft."""
    giving = _lock_agents(session, handover, actor_id)
    values = values_of(handover) | {"from_name": giving.name, "actor_id": actor_id}
    hold_off_billing(session)
    with not_while_imported():
        found = session.scalar(_LOCK_WORKERS, values)
    if found != handover.workers or session.scalar(_SAME_ASSIGNMENTS, values) != found:
        raise Conflict(
            "Sebagian pekerja sudah tidak di agen ini. Tarik serah terima ini, lalu buat lagi."
        )
    refuse_tied(session, handover)
    session.scalar(_LOCK_MONTHS, values)
    for statement in MOVE.values():
        session.execute(text(statement), values)
    session.expire_all()
    handover.state, handover.done_at = HandoverState.DONE, clock.now()
    session.flush()
    record(session, handover, "done", actor_id)
    events.record(
        session,
        WorkersHandedOver(
            office_id=handover.office_id,
            agent_id=handover.from_agent_id,
            handover_id=handover.id,
            to_office_id=handover.to_office_id,
            month=handover.from_month,
            workers=handover.workers,
            undone=False,
        ),
        actor_id=actor_id,
    )


def refuse_tied(session: Session, handover: Handover) -> None:
    """Workers go to another office without money there, and with nothing that may bring some."""
    if handover.to_office_id == handover.office_id:
        return
    values = {"id": handover.id, "owed": accounts.OWED_WORKER, "claim": accounts.CLAIM_WORKER}
    tied = session.scalar(_TIED, values)
    if tied:
        raise Conflict(
            "{count} pekerja masih punya tagihan yang menunggu, debit otomatis, kasus, hak, atau"
            " utang di kantor lama. Selesaikan dulu, lalu coba lagi.",
            count=tied,
        )


def values_of(handover: Handover) -> dict[str, object]:
    """The parameters of the statements about a hand-over."""
    return {
        "id": handover.id,
        "from_agent_id": handover.from_agent_id,
        "office_id": handover.office_id,
        "to_office_id": handover.to_office_id,
        "month": handover.from_month,
        "reason": handover.reason,
        "now": clock.now(),
    }


@contextmanager
def not_while_imported() -> Iterator[None]:
    """Only an import keeps workers locked for long: Conflict instead of waiting for it."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise Conflict(
                "Sebagian pekerja ada dalam daftar yang sedang diimpor. Tunggu sampai impornya"
                " selesai, lalu coba lagi."
            ) from error
        raise


def _lock_agents(session: Session, handover: Handover, actor_id: int | None) -> Agent:
    """The old agent. The new ones are active and stay so until the transaction ends."""
    new = select(HandoverWorker.to_agent_id).where(HandoverWorker.handover_id == handover.id)
    agents = session.scalars(
        select(Agent)
        .where(Agent.id.in_(new) | (Agent.id == handover.from_agent_id))
        .order_by(Agent.id)
        .with_for_update(read=True, of=Agent)
        .execution_options(populate_existing=True)
    ).all()
    by_id = {agent.id: agent for agent in agents}
    giving = by_id.pop(handover.from_agent_id)
    for agent in by_id.values():
        if agent.status is not AgentStatus.ACTIVE:
            raise Invalid(
                "{name} tidak aktif lagi. Tarik serah terima ini, lalu pilih agen lain.",
                name=agent.name,
            )
        if agent.office_id != handover.to_office_id:
            raise Conflict("{name} pindah kantor. Buat serah terima lagi.", name=agent.name)
    if actor_id is not None:
        refuse_own(session, [giving, *by_id.values()], actor_id)
    return giving
