"""The monthly billing: run it as a job, watch it, look back."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import ColumnElement, func, or_, select, text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions.models import BillingRun
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound
from agentsys.jobs import defer
from agentsys.months import add_months, parse_month
from agentsys.people import scope
from agentsys.people.models import RoleName, User
from agentsys.web.finance.blueprint import finance
from agentsys.web.responses import said
from agentsys.web.texts import month as month_words
from agentsys.workers.models import Enrolment, Worker

BACK, AHEAD = 3, 1  # months around this one that can be chosen
HISTORY = 24
TASK = "bill_month"

# The job that bills for the user's office, or for all; a job that succeeded is gone from the table.
_JOB = text("""
    SELECT j.status, j.args->>'month' AS month, max(e.at) AS at
    FROM procrastinate_jobs j LEFT JOIN procrastinate_events e ON e.job_id = j.id
    WHERE j.task_name = :task
      AND (CAST(:office AS bigint) IS NULL OR j.args->>'office_id' IS NULL
           OR CAST(j.args->>'office_id' AS bigint) = CAST(:office AS bigint))
      AND (CAST(:month AS text) IS NULL OR j.args->>'month' = CAST(:month AS text))
    GROUP BY j.id ORDER BY j.id DESC LIMIT 1
""")
_JOB_STATES = {"todo": "waiting", "doing": "running", "failed": "failed"}


@finance.get("/penagihan")
def billing() -> str:
    """The newest run, a form to start one, and the history."""
    session = db.session()
    this_month = clock.this_month()
    runs = session.execute(
        select(BillingRun, User.name)
        .outerjoin(User, User.id == BillingRun.started_by)
        .where(_of_my_office())
        .order_by(BillingRun.id.desc())
        .limit(HISTORY)
    ).all()
    return render_template(
        "finance/billing.html",
        run=_standing(session, _month_or_none(request.args.get("bulan", ""))),
        months=[
            {"value": f"{month:%Y-%m}", "month": month, "current": month == this_month}
            for month in _months()
        ],
        active_workers=_active(session, this_month),
        runs=[
            {
                "month": run.month,
                "billed": run.billed,
                "already": run.already,
                "amount_idr": run.amount_idr,
                "started_at": run.started_at,
                "started_by": name,
                "status": "done",
            }
            for run, name in runs
        ],
        writable=current_user.role is not RoleName.AUDITOR,
    )


@finance.post("/penagihan")
def run_billing() -> Response:
    """Queue a billing run for a month; one that waits already is not queued twice."""
    month = _month_or_none(request.form.get("month", ""))
    if month not in _months():
        return said(Invalid("Pilih bulan iuran dari daftar."), url_for("finance.billing"))
    office_id = current_user.office_id
    with transaction() as session:
        queued = defer(
            session,
            TASK,
            once=f"{TASK}:{month:%Y-%m}:{office_id or 'all'}",
            month=f"{month:%Y-%m-%d}",
            actor_id=current_user.id,
            office_id=office_id,
        )
    if queued:
        flash(_("Penagihan %(month)s dimulai.", month=month_words(month)), "success")
    else:
        flash(_("Penagihan %(month)s sudah menunggu giliran.", month=month_words(month)), "info")
    return redirect(url_for("finance.billing", bulan=f"{month:%Y-%m}"))


@finance.get("/penagihan/keadaan")
def billing_progress() -> str:
    """The fragment that asks again until the month's run has ended."""
    given = request.args.get("bulan", "")
    month = _month_or_none(given)
    if given and month is None:
        raise NotFound()
    return render_template("finance/_billing_progress.html", run=_standing(db.session(), month))


def _months() -> list[date]:
    return [add_months(clock.this_month(), step) for step in range(AHEAD, -BACK - 1, -1)]


def _month_or_none(given: str) -> date | None:
    try:
        return parse_month(given)
    except ValueError:
        return None


def _of_my_office() -> ColumnElement[bool]:
    """Runs that people of the user's office started, and those for all offices."""
    of_mine = select(User.id).where(
        or_(scope.of_office(current_user, User.office_id), User.office_id.is_(None))
    )
    return or_(BillingRun.started_by.is_(None), BillingRun.started_by.in_(of_mine))


def _standing(session: Session, month: date | None) -> dict[str, Any] | None:
    """How the newest run stands: the queue knows what has not ended, the table what has."""
    query = select(BillingRun).where(_of_my_office()).order_by(BillingRun.id.desc()).limit(1)
    run = session.scalar(query.where(BillingRun.month == month) if month else query)
    job = session.execute(
        _JOB,
        {
            "task": TASK,
            "office": current_user.office_id,
            "month": f"{month:%Y-%m-%d}" if month else None,
        },
    ).first()
    status = _JOB_STATES.get(job.status) if job else None
    if job and status and (run is None or run.finished_at is None or job.at > run.finished_at):
        return {
            "month": date.fromisoformat(job.month),
            "status": status,
            "billed": 0,
            "already": 0,
            "amount_idr": 0,
            "error": _("Penagihan gagal. Coba jalankan lagi; yang sudah ditagih tidak digandakan.")
            if status == "failed"
            else "",
        }
    if run is None:
        return None
    return {
        "month": run.month,
        "status": "done",
        "billed": run.billed,
        "already": run.already,
        "amount_idr": run.amount_idr,
        "error": "",
    }


def _active(session: Session, month: date) -> int:
    """Workers who are enrolled in that month."""
    count = session.scalar(
        select(func.count())
        .select_from(Enrolment)
        .join(Worker, Worker.id == Enrolment.worker_id)
        .where(
            scope.of_office(current_user, Worker.office_id),
            Enrolment.from_month <= month,
            or_(Enrolment.until_month.is_(None), Enrolment.until_month > month),
        )
    )
    return count or 0
