"""What the agent corrects after BPJS refused a worker's data."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.memberships import registering
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.agent.blueprint import agent
from agentsys.web.agent.collecting import own_worker
from agentsys.web.responses import said


@agent.post("/pekerja/<int:worker_id>/diperbaiki")
@needs(Permission.WORKER_ENROL)
def corrected(worker_id: int) -> Response:
    """The data are right now: the office registers the worker again."""
    found = own_worker(db.session(), worker_id)
    here = url_for("agent.worker", worker_id=worker_id)
    note = " ".join(request.form.get("note", "").split())
    try:
        if not note:
            raise Invalid("Tulis apa yang diperbaiki.")
        with transaction() as session:
            registering.send_again(session, worker_id=found.id, actor_id=current_user.id, note=note)
    except Refused as refused:
        return said(refused, here)
    flash(_("Dicatat. Kantor mendaftarkan %(name)s lagi.", name=found.name), "success")
    return redirect(here)
