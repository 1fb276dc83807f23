"""Computing a month's commissions: starting a run, its progress, and failures."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock, jobs
from agentsys.commissions import queries
from agentsys.commissions.queries import CommissionRunRow
from agentsys.commissions.run import check_month
from agentsys.commissions.uncomputed import uncomputed
from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.job_queries import COMPUTE_COMMISSIONS, commissions_under_way
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.months import add_months, parse_month
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said
from agentsys.web.texts import day_and_time, lazy
from agentsys.web.texts import month as month_words

BACK = 3


RUNS = ListPage(
    endpoint="finance.commissions",
    title=lazy("Riwayat perhitungan komisi"),
    sorts={"started": lazy("Dijalankan"), "month": lazy("Bulan"), "amount": lazy("Komisi")},
    personal=False,
    dates=True,
    sums=True,
    filename="perhitungan-komisi",
    columns=(
        (lazy("Bulan"), lambda run: f"{run.month:%Y-%m}"),
        (lazy("Dijalankan"), lambda run: day_and_time(run.started_at)),
        (lazy("Oleh"), lambda run: run.started_by or _("otomatis")),
        (lazy("Agen"), lambda run: run.agents),
        (lazy("Rincian"), lambda run: run.lines),
        (lazy("Komisi"), lambda run: run.amount_idr),
    ),
)


@finance.get("/komisi")
@needs(Permission.COMMISSION_RUN_READ)
def commissions() -> Response | str:
    """The runs with their failures, and a form to start one."""
    return ListView(RUNS).answer(_fetch, _list)


@finance.post("/komisi")
@needs(Permission.COMMISSION_COMPUTE)
def run_commissions() -> Response:
    """Queue a month's computation for the user's office; for all offices if the user has none."""
    here = url_for("finance.commissions")
    try:
        month = parse_month(request.form.get("month", ""))
        # Checked here as well, because the job could write the refusal only to its log.
        check_month(
            db.session(),
            runtime().registry.commission_lines,
            month,
            office_id=current_user.office_id,
        )
    except ValueError:
        return said(Invalid("Pilih bulan dari daftar."), here)
    except Refused as refused:
        return said(refused, here)
    with transaction() as session:
        queued = jobs.defer(
            session,
            jobs.compute_commissions,
            once=f"{COMPUTE_COMMISSIONS}:{month:%Y-%m}:{current_user.office_id or 'all'}",
            month=month.isoformat(),
            actor_id=current_user.id,
            office_id=current_user.office_id,
        )
    if queued:
        flash(_("Perhitungan komisi %(month)s dimulai.", month=month_words(month)), "success")
    else:
        flash(_("Perhitungan komisi %(month)s sudah antre.", month=month_words(month)), "info")
    return redirect(here)


@finance.get("/komisi/keadaan")
@needs(Permission.COMMISSION_RUN_READ)
def commissions_progress() -> str:
    """The fragment that polls until no computation is running."""
    view = ListView(RUNS)
    view.page = _fetch(view.request)
    return render_template("finance/_commission_runs.html", **_standing(view))


def _list(view: ListView) -> str:
    last_month = add_months(clock.this_month(), -1)
    office_id = current_user.office_id
    return render_template(
        "finance/commissions.html",
        last_month=last_month,
        uncomputed=uncomputed(db.session(), month=last_month, office_id=office_id),
        months=[
            {"value": f"{month:%Y-%m}", "month": month, "current": step == 0}
            for step in range(BACK + 1)
            for month in [add_months(clock.this_month(), -step)]
        ],
        writable=current_user.can(Permission.COMMISSION_COMPUTE),
        **_standing(view),
    )


def _fetch(asked: ListRequest) -> Page[CommissionRunRow]:
    return queries.commission_runs(db.session(), current_user, asked)


def _standing(view: ListView) -> dict[str, Any]:
    busy = commissions_under_way(db.session(), current_user)
    return {"busy": busy, "listing": view, "state_of": _state_of}


def _state_of(run: CommissionRunRow) -> str:
    if run.finished_at is not None:
        return "done"
    return "failed" if run.failures else "running"
