"""The state of jobs that users start, from the job queue and the tables of runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys import clock, jobs
from agentsys.contributions import queries as contributions
from agentsys.people.models import User

BILL_MONTH = jobs.bill_month.__name__
COMPUTE_COMMISSIONS = jobs.compute_commissions.__name__

# The job that bills for the user's office, or for all; a job that succeeded is gone from the table.
_BILLING_JOB = text("""
    SELECT j.status, j.args->>'month' AS month, max(e.at) AS at
    FROM procrastinate_jobs j LEFT JOIN procrastinate_events e ON e.job_id = j.id
    WHERE j.task_name = :task
      AND (CAST(:office AS bigint) IS NULL OR j.args->>'office_id' IS NULL
           OR CAST(j.args->>'office_id' AS bigint) = CAST(:office AS bigint))
      AND (CAST(:month AS text) IS NULL OR j.args->>'month' = CAST(:month AS text))
    GROUP BY j.id ORDER BY j.id DESC LIMIT 1
""")
# Jobs of the user's office and jobs for all: both compute what the user waits for.
_UNDER_WAY = text("""
    SELECT count(*) FROM procrastinate_jobs
    WHERE task_name = :task AND status IN ('todo', 'doing')
      AND (CAST(:office AS bigint) IS NULL OR args->>'office_id' IS NULL
           OR CAST(args->>'office_id' AS bigint) = CAST(:office AS bigint))
""")

LATE_AFTER_S = 60  # a callback overdue for this long means that no worker processes callbacks
SILENT_AFTER_S = 30  # workers send a heartbeat every 5 s

_STATE = text("""
    SELECT
        (SELECT extract(epoch FROM CAST(:now AS timestamptz) - min(received_at)) FROM callbacks
            WHERE next_try_at IS NOT NULL),
        (SELECT extract(epoch FROM CAST(:now AS timestamptz) - min(next_try_at)) FROM callbacks
            WHERE next_try_at IS NOT NULL),
        (SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers)
""")


class JobState(StrEnum):
    """The state of a job, shown to the person who started it."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


_STATES = {"todo": JobState.WAITING, "doing": JobState.RUNNING, "failed": JobState.FAILED}


@dataclass(frozen=True, kw_only=True)
class BillingState:
    """The state of a month's billing; the figures are zero until it is done."""

    month: date
    state: JobState
    billed: int = 0
    already: int = 0
    amount_idr: int = 0


def newest_billing(
    session: Session, user: User, *, month: date | None = None
) -> BillingState | None:
    """The newest billing of a month, or of any; None if there was none."""
    job = session.execute(
        _BILLING_JOB,
        {
            "task": BILL_MONTH,
            "office": user.office_id,
            "month": f"{month:%Y-%m-%d}" if month else None,
        },
    ).first()
    run = next(iter(contributions.billing_runs(session, user, month=month, limit=1)), None)
    state = _STATES.get(job.status) if job else None
    # The queue has the unfinished jobs, the table the finished ones.
    if job and state and (run is None or run.finished_at is None or job.at > run.finished_at):
        return BillingState(month=date.fromisoformat(job.month), state=state)
    if run is None:
        return None
    return BillingState(
        month=run.month,
        state=JobState.DONE,
        billed=run.billed,
        already=run.already,
        amount_idr=run.amount_idr,
    )


def commissions_under_way(session: Session, user: User) -> bool:
    """Whether a computation of commissions for the user's office is queued or running."""
    values = {"task": COMPUTE_COMMISSIONS, "office": user.office_id}
    return bool(session.scalar(_UNDER_WAY, values))


@dataclass(frozen=True, kw_only=True)
class WorkState:
    """Health of the job processing: ages in seconds, or None if there is nothing to measure."""

    oldest_callback_s: float | None  # since it came in
    overdue_s: float | None  # since it became due; negative if it is due later
    heartbeat_s: float | None  # since the newest heartbeat of a worker

    @property
    def trouble(self) -> str:
        """Why jobs are not being processed, as a message for an operator; empty if all is well."""
        if self.heartbeat_s is not None and self.heartbeat_s > SILENT_AFTER_S:
            return f"no sign of a worker for {self.heartbeat_s:.0f} s"
        if self.overdue_s is not None and self.overdue_s > LATE_AFTER_S:
            return f"callbacks are waiting for a worker for {self.overdue_s:.0f} s"
        return ""


def work_state(session: Session) -> WorkState:
    """The age of the oldest waiting callback and of the newest worker heartbeat."""
    oldest, overdue, heartbeat = session.execute(_STATE, {"now": clock.now()}).one()
    return WorkState(
        oldest_callback_s=_seconds(oldest),
        overdue_s=_seconds(overdue),
        heartbeat_s=_seconds(heartbeat),
    )


def _seconds(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
