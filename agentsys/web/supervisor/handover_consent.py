"""Proposing a hand-over to a second person, and the answer of that person."""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.handovers import consent, queries
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.responses import said
from agentsys.web.supervisor.blueprint import supervisor


@supervisor.post("/serah-terima/<int:handover_id>/ajukan")
@needs(Permission.HANDOVER_MAKE)
def propose_handover(handover_id: int) -> Response:
    """Ask for a second person, of the receiving office if it is another one."""
    session = db.session()
    found = queries.handover_in_scope(session, current_user, handover_id)
    if not queries.may_make(session, current_user, found.id):
        raise NotFound()
    if found.to_office_id == found.office_id:
        words = _("Diajukan. Penyelia lain atau admin kantor Anda memutuskannya.")
    else:
        words = _("Diajukan. %(office)s memutuskannya.", office=found.to_office_name)
    return _do(consent.propose, found.id, words)


@supervisor.post("/serah-terima/<int:handover_id>/terima")
@needs(Permission.HANDOVER_ACCEPT)
def accept_handover(handover_id: int) -> Response:
    """Agree as the second person."""
    found = queries.handover_in_scope(db.session(), current_user, handover_id)
    return _do(consent.accept, found.id, _("Serah terima disetujui."))


@supervisor.post("/serah-terima/<int:handover_id>/tolak")
@needs(Permission.HANDOVER_ACCEPT)
def refuse_handover(handover_id: int) -> Response:
    """Refuse as the second person."""
    found = queries.handover_in_scope(db.session(), current_user, handover_id)
    return _do(consent.refuse, found.id, _("Serah terima ditolak. Pekerja tetap di agen lama."))


def _do(act: Callable[..., None], handover_id: int, words: str) -> Response:
    here = url_for("supervisor.handover", handover_id=handover_id)
    try:
        with transaction() as session:
            act(session, handover_id=handover_id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    flash(words, "success")
    return redirect(here)
