"""The monthly billing: starting a run, its progress, and earlier runs."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.contributions import queries, scheduling
from agentsys.db import db
from agentsys.errors import Invalid, NotFound
from agentsys.job_queries import JobState, newest_billing
from agentsys.people.permissions import Permission
from agentsys.web import month_billing
from agentsys.web.access import needs
from agentsys.web.finance.billing_schedule import schedule_form
from agentsys.web.finance.blueprint import finance
from agentsys.web.responses import said
from agentsys.web.texts import month as month_words

HISTORY = 24


@finance.get("/penagihan")
@needs(Permission.BILLING_READ)
def billing() -> str:
    """The newest run, a form to start one, and the history."""
    session = db.session()
    this_month = clock.this_month()
    planned = scheduling.schedules(session, current_user)
    return render_template(
        "finance/billing.html",
        schedules=planned,
        schedule=schedule_form(planned),
        run=_standing(session, month_billing.month_or_none(request.args.get("bulan", ""))),
        months=month_billing.choices(),
        active_workers=queries.enrolled_workers(session, current_user, month=this_month),
        runs=[
            {
                "month": run.month,
                "billed": run.billed,
                "already": run.already,
                "amount_idr": run.amount_idr,
                "started_at": run.started_at,
                "started_by": run.started_by,
                "status": "done",
            }
            for run in queries.billing_runs(session, current_user, limit=HISTORY)
        ],
        writable=current_user.can(Permission.BILLING_RUN),
    )


@finance.post("/penagihan")
@needs(Permission.BILLING_RUN)
def run_billing() -> Response:
    """Queue a billing run for a month, unless one waits already."""
    try:
        month, queued = month_billing.queue(request.form.get("month", ""))
    except Invalid as refused:
        return said(refused, url_for("finance.billing"))
    if queued:
        flash(_("Penagihan %(month)s dimulai.", month=month_words(month)), "success")
    else:
        flash(_("Penagihan %(month)s sudah menunggu giliran.", month=month_words(month)), "info")
    return redirect(url_for("finance.billing", bulan=f"{month:%Y-%m}"))


@finance.get("/penagihan/keadaan")
@needs(Permission.BILLING_READ)
def billing_progress() -> str:
    """The fragment that polls until the month's run has ended."""
    given = request.args.get("bulan", "")
    month = month_billing.month_or_none(given)
    if given and month is None:
        raise NotFound()
    return render_template("finance/_billing_progress.html", run=_standing(db.session(), month))


def _standing(session: Session, month: date | None) -> dict[str, Any] | None:
    """The state of the newest run, for the page."""
    found = newest_billing(session, current_user, month=month)
    if found is None:
        return None
    failed = found.state is JobState.FAILED
    return {
        "month": found.month,
        "status": found.state.value,
        "billed": found.billed,
        "already": found.already,
        "amount_idr": found.amount_idr,
        "error": _("Penagihan gagal. Coba jalankan lagi; yang sudah ditagih tidak digandakan.")
        if failed
        else "",
    }
