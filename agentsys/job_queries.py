"""How the jobs stand that people start and wait for, from the queue and from what they wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from agentsys.contributions import queries as contributions
from agentsys.people.models import User

BILL_MONTH = "bill_month"
COMPUTE_COMMISSIONS = "compute_commissions"

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


class JobState(StrEnum):
    """How a job stands, for whoever started it."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"


_STATES = {"todo": JobState.WAITING, "doing": JobState.RUNNING, "failed": JobState.FAILED}


@dataclass(frozen=True, kw_only=True)
class BillingState:
    """How the billing of a month stands; the figures are zero until it is done."""

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
    # The queue knows what has not ended, the table what has.
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
    """Whether a computation of commissions that the user waits for has not ended."""
    values = {"task": COMPUTE_COMMISSIONS, "office": user.office_id}
    return bool(session.scalar(_UNDER_WAY, values))
