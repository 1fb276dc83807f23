"""What BPJS would pay a family, and who the heirs are, for the worker's agent."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.benefits import heirs as service
from agentsys.benefits.models import HeirRelation
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.collecting import own_worker
from agentsys.web.benefit_words import RELATIONS, benefits_of
from agentsys.web.heir_form import HeirForm
from agentsys.web.responses import blaming, said


@agent.get("/pekerja/<int:worker_id>/manfaat")
@needs(Permission.PORTFOLIO_READ)
def benefits(worker_id: int) -> str:
    """What the family would get today and later; also to be printed."""
    found = own_worker(db.session(), worker_id)
    return render_template(
        "agent/benefits.html",
        worker={"id": found.id, "name": found.name},
        benefits=benefits_of(db.session(), worker_id=found.id),
        show_income=True,
        back_url=url_for("agent.worker", worker_id=found.id),
    )


@agent.route("/pekerja/<int:worker_id>/ahli-waris", methods=["GET", "POST"])
@needs(Permission.PORTFOLIO_READ, to_write=Permission.HEIR_RECORD)
def heirs(worker_id: int) -> Response | str | tuple[str, int]:
    """The worker's heirs, and a form for another one."""
    writes = request.method == "POST"
    found = own_worker(db.session(), worker_id)
    form = HeirForm()
    if writes and form.validate():
        with blaming(form):
            with transaction() as session:
                service.add(
                    session,
                    worker_id=found.id,
                    name=form.name.data or "",
                    relation=HeirRelation(form.relation.data),
                    phone=form.phone.data or "",
                    actor=current_user,
                )
            flash(_("Ahli waris dicatat."), "success")
            return redirect(url_for("agent.heirs", worker_id=worker_id))
    page = render_template(
        "agent/heirs.html",
        worker={"id": found.id, "name": found.name},
        form=form,
        heirs=service.of_worker(db.session(), worker_id=found.id),
        relations=RELATIONS,
        may_record=current_user.can(Permission.HEIR_RECORD),
    )
    return (page, 422) if writes else page


@agent.post("/pekerja/<int:worker_id>/ahli-waris/hapus")
@needs(Permission.HEIR_RECORD)
def remove_heir(worker_id: int) -> Response:
    """Remove an heir."""
    found = own_worker(db.session(), worker_id)
    here = url_for("agent.heirs", worker_id=worker_id)
    try:
        with transaction() as session:
            service.remove(
                session,
                worker_id=found.id,
                heir_id=request.form.get("heir", 0, type=int),
                actor=current_user,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("Ahli waris dihapus."), "success")
    return redirect(here)
