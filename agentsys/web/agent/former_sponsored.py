"""Workers whose sponsor left: the agent's list, and the form that makes one a self-payer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.memberships import resuming
from agentsys.people.permissions import Permission
from agentsys.sponsors import conversion
from agentsys.sponsors.conversion import Former
from agentsys.web import eligibility_words, view_models
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming
from agentsys.web.texts import lazy, month, rp
from agentsys.web.workers.forms import ResumeForm
from agentsys.workers.kinds import Programmes, Work

FORMER = ListPage(
    endpoint="agent.sponsor_ended",
    title=lazy("Ajak bayar sendiri"),
    search=lazy("Nama pekerja atau kelurahan"),
    sorts={"name": lazy("Nama"), "ended": lazy("Berakhir")},
    personal=False,
)


@agent.get("/bekas-sponsor")
@needs(Permission.WORKER_ENROL)
def sponsor_ended() -> Response | str:
    """The agent's workers whose sponsor left in the last months."""
    return ListView(FORMER).answer(
        lambda asked: conversion.former(db.session(), current_user, asked),
        lambda view: render_template(
            "agent/sponsor_ended.html", listing=view, invitation=_invitation
        ),
    )


@agent.route("/pekerja/<int:worker_id>/bayar-sendiri", methods=["GET", "POST"])
@needs(Permission.WORKER_ENROL)
def pay_self(worker_id: int) -> Response | tuple[str, int]:
    """A form that makes the worker a member again, who pays himself."""
    found = conversion.former_in_scope(db.session(), current_user, worker_id)
    form = ResumeForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.from_month.data = f"{_earliest(found):%Y-%m}"
        form.programmes.data = found.programmes.value
    warnings: Sequence[str] = ()
    if form.is_submitted() and form.validate() and form.from_month.month is not None:
        findings = resuming.findings(
            db.session(),
            worker_id=found.worker_id,
            programmes=Programmes(form.programmes.data),
            work=Work(form.work.data),
        )
        warnings = eligibility_words.warnings(form, findings)
        if not form.errors and (not warnings or form.confirm_warnings.data):
            with blaming(form):
                with transaction() as session:
                    resuming.resume(
                        session,
                        worker_id=found.worker_id,
                        from_month=form.from_month.month,
                        programmes=Programmes(form.programmes.data),
                        work=Work(form.work.data),
                        actor_id=current_user.id,
                    )
                flash(
                    _(
                        "%(name)s membayar sendiri mulai %(month)s.",
                        name=found.name,
                        month=month(form.from_month.month),
                    ),
                    "success",
                )
                return redirect(url_for("agent.worker", worker_id=found.worker_id))
    page = render_template(
        "agent/pay_self.html",
        former=found,
        form=form,
        warnings=warnings,
        this_month=f"{_earliest(found):%Y-%m}",
    )
    return page, 422 if form.errors or warnings else 200


def _earliest(found: Former) -> date:
    """The first month that the worker can pay: not one that the sponsor pays."""
    return max(clock.this_month(), found.until_month)


def _invitation(row: Former) -> str:
    """A WhatsApp message that the agent sends from the agent's own phone."""
    words = {
        "sponsor": row.sponsor or _("sponsor"),
        "month": month(row.until_month),
        "sum": rp(row.month_idr),
    }
    if row.is_coming:
        return view_models.whatsapp(
            _(
                "Mulai %(month)s iuran BPJS Ketenagakerjaan Anda tidak dibayar %(sponsor)s lagi;"
                " sampai bulan sebelumnya masih dibayar. Anda dapat meneruskannya sendiri, %(sum)s"
                " sebulan. Balas pesan ini bila mau.",
                **words,
            ),
            row.phone,
        )
    return view_models.whatsapp(
        _(
            "Iuran BPJS Ketenagakerjaan Anda tidak dibayar %(sponsor)s lagi sejak %(month)s."
            " Anda dapat meneruskannya sendiri, %(sum)s sebulan. Balas pesan ini bila mau.",
            **words,
        ),
        row.phone,
    )
