"""Applying an approved change of what makes the price (sector, income, package, payer)."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from agentsys import clock
from agentsys.changes.effects import priced, with_changes
from agentsys.changes.fields import OF_ENROLMENT
from agentsys.changes.models import WorkerChange
from agentsys.contributions.repricing import Priced
from agentsys.workers.kinds import EndReason
from agentsys.workers.models import Enrolment, Worker


def make(session: Session, worker: Worker, running: Enrolment, change: WorkerChange) -> None:
    """Change the worker, and the membership from the change's month on; both are locked."""
    after: Mapping[str, str] = change.after
    then = with_changes(priced(worker, running), after)
    worker.sector, worker.income_idr = then.sector, then.income_idr
    if set(after) & set(OF_ENROLMENT):
        _begin_period(session, running, change, then)


def _begin_period(session: Session, running: Enrolment, change: WorkerChange, then: Priced) -> None:
    """End the running period there and begin another; one that begins there gets the values."""
    since = change.from_month
    if running.from_month == since:
        running.programmes, running.funding = then.programmes, then.funding
        return
    running.until_month, running.end_reason = since, EndReason.CHANGED
    running.end_note, running.ended_on = change.reason, clock.now().date()
    running.ended_at, running.ended_by = clock.now(), change.decided_by
    session.flush()
    session.add(
        Enrolment(
            worker_id=running.worker_id,
            from_month=since,
            programmes=then.programmes,
            funding=then.funding,
        )
    )
    session.flush()
