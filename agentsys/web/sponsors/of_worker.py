"""Putting one worker on an agreement, without a list."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.sponsors import members
from agentsys.web.access import needs
from agentsys.web.responses import check, said
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import AddForm
from agentsys.workers.queries import profile_in_scope


@sponsors.post("/pekerja/<int:worker_id>/perjanjian")
@needs(Permission.SPONSOR_RECORD)
def name_worker(worker_id: int) -> Response:
    """Name one worker on an agreement that is in force."""
    found = profile_in_scope(db.session(), current_user, worker_id, to=Permission.SPONSOR_RECORD)
    form = AddForm(request.form)
    here = url_for("workers.show", worker_id=found.id)
    try:
        check(form)
        assert form.from_month.month is not None
        with transaction() as session:
            members.name_one(
                session,
                agreement_id=form.agreement.data or 0,
                worker_id=found.id,
                from_month=form.from_month.month,
                actor_id=current_user.id,
            )
    except Refused as refused:
        return said(refused, here)
    flash(_("%(name)s dimasukkan ke perjanjian.", name=found.name), "success")
    return redirect(here)
