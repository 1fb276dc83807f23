"""Marking an uploaded list as dealt with."""

from __future__ import annotations

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.rosters.handling import mark_handled
from agentsys.web.access import needs
from agentsys.web.responses import said
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.own_rosters import own_to_send


@supervisor.post("/daftar/<int:roster_id>/selesai")
@needs(Permission.ROSTER_HANDLE)
def handle_roster(roster_id: int) -> Response:
    """Mark a list as dealt with, so that it leaves the work queue."""
    found = own_to_send(db.session(), roster_id)
    here = url_for("supervisor.roster", roster_id=roster_id)
    try:
        with transaction() as session:
            mark_handled(session, roster_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    flash(_("Daftar ini ditandai selesai."), "success")
    return redirect(here)
