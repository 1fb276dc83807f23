"""Approved changes of a later month: a job makes them then; until then they can be cancelled."""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.changes import making
from agentsys.changes.deciding import change_and_person
from agentsys.changes.effects import last_paid, priced
from agentsys.changes.fields import OF_ENROLMENT
from agentsys.changes.models import CHANGE_TRANSITIONS, ChangeAction, ChangeState, WorkerChange
from agentsys.changes.proposing import record, subject
from agentsys.contributions import closing, planned_prices, repricing
from agentsys.contributions.planned_prices import PlannedPrice
from agentsys.errors import Conflict, Invalid
from agentsys.memberships.ending import no_billing_run
from agentsys.payments.live_attempts import refuse_under_way
from agentsys.payments.transitions import decide

ENDED_BEFORE = "Kepesertaan berakhir atau dimulai lagi sebelum bulan itu."


def due(session: Session, *, limit: int = 500) -> list[int]:
    """The planned changes whose month has begun or whose membership ended, the oldest first."""
    holds = select(PlannedPrice.worker_id).where(PlannedPrice.worker_id == WorkerChange.worker_id)
    query = select(WorkerChange.id).where(
        WorkerChange.state == ChangeState.PLANNED,
        or_(WorkerChange.from_month <= clock.this_month(), ~holds.exists()),
    )
    return list(session.scalars(query.order_by(WorkerChange.from_month).limit(limit)))


def make_due(session: Session, *, change_id: int) -> WorkerChange:
    """Make a planned change whose month has begun; withdraw it if its membership does not run."""
    worker_id = session.get_one(WorkerChange, change_id).worker_id
    worker, periods = subject(session, worker_id, lock=True)
    change = session.get_one(WorkerChange, change_id, with_for_update=True, populate_existing=True)
    if change.state is not ChangeState.PLANNED:
        return change
    planned = planned_prices.of_worker(session, worker_id)
    runs = bool(periods) and periods[-1].until_month is None
    if planned is None or not runs or periods[0].from_month > change.from_month:
        planned_prices.drop(session, worker_id)
        change.state, change.note = ChangeState.WITHDRAWN, ENDED_BEFORE
        session.flush()
        record(session, change, "withdrawn", None)
        return change
    making.make(session, worker, periods[-1], change)
    planned_prices.drop(session, worker_id)
    worker.updated_at = clock.now()
    change.state = ChangeState.APPROVED
    session.flush()
    record(session, change, "made", None)
    return change


def cancel(session: Session, *, change_id: int, note: str, actor_id: int) -> WorkerChange:
    """Cancel a planned change: open bills from its month on get the present price again."""
    change, actor = change_and_person(session, change_id, actor_id)
    to = decide(CHANGE_TRANSITIONS, change.state, ChangeAction.CANCEL, actor)
    note = " ".join(note.replace("\0", "").split())[:200]
    if not note:
        raise Invalid("Tulis alasan membatalkan rencana ini.", about="note")
    since = change.from_month
    if since <= clock.this_month():
        raise Conflict("Bulannya sudah mulai, jadi rencana ini tidak dapat dibatalkan lagi.")
    worker, periods = subject(session, change.worker_id, lock=True)
    no_billing_run(session, since)
    closing.lock_open(session, {worker.id: since})
    refuse_under_way(session, worker_id=worker.id, since=since)
    paid = last_paid(session, worker.id, since) if set(change.after) & set(OF_ENROLMENT) else None
    if paid is not None:
        raise Conflict(
            "Iuran {paid_month} sudah dibayar dengan program atau pembayar yang direncanakan, jadi"
            " rencana ini tidak dapat dibatalkan. Usulkan perubahan lain sesudah bulannya tiba.",
            paid_month=paid,
        )
    planned_prices.drop(session, worker.id)
    if periods:
        repricing.reprice(session, worker_id=worker.id, since=since, by=priced(worker, periods[-1]))
    change.state, change.note = to, note
    session.flush()
    record(session, change, "cancelled", actor_id)
    return change
