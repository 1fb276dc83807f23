"""The steps of a list after its check: import, a second person, pause, cancel, take back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import jobs, list_jobs
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people.permissions import Permission
from agentsys.rosters import deciding, undoing
from agentsys.rosters.queries import RosterRow
from agentsys.rosters.transitions import ROSTER_TRANSITIONS, RosterAction
from agentsys.web.access import needs
from agentsys.web.responses import said, why
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.own_rosters import own_roster, own_to_send
from agentsys.web.supervisor.roster_words import DEPENDENTS
from agentsys.web.texts import lazy
from agentsys.workers.models import RosterStatus

Step = Callable[..., RosterStatus]
_STEPS: dict[str, Step] = {
    "import": deciding.ask_import,
    "pause": deciding.pause,
    "resume": deciding.resume,
    "cancel": deciding.cancel,
}
_SAID = {
    RosterStatus.WAITING: lazy("Impor dimulai."),
    RosterStatus.PROPOSED: lazy("Daftar menunggu persetujuan orang kedua."),
    RosterStatus.PAUSED: lazy("Impor dijeda. Yang sudah masuk tetap tersimpan."),
    RosterStatus.CANCELLED: lazy("Daftar dibatalkan. Tidak ada yang tersimpan."),
    RosterStatus.UNDOING: lazy("Yang sudah masuk sedang ditarik kembali."),
    RosterStatus.CHECKED: lazy("Daftar dikembalikan kepada pengirimnya."),
}
_JOBS = {RosterStatus.WAITING: list_jobs.import_roster, RosterStatus.UNDOING: list_jobs.undo_list}


@supervisor.post("/daftar/<int:roster_id>/langkah")
@needs(Permission.ROSTER_HANDLE)
def step_roster(roster_id: int) -> Response:
    """Import what was checked, or pause, resume or cancel that."""
    step = _STEPS.get(request.form.get("action", ""))
    if step is None:
        raise NotFound()
    own_to_send(db.session(), roster_id)
    return _take(roster_id, step)


@supervisor.post("/daftar/<int:roster_id>/keputusan")
@needs(Permission.ROSTER_APPROVE)
def decide_roster(roster_id: int) -> Response:
    """Approve an import as a second person, or return the list with a note."""
    action = request.form.get("action", "")
    if action == RosterAction.APPROVE:
        return _take(roster_id, deciding.approve, seen=_seen())
    if action == RosterAction.REFUSE:
        return _take(roster_id, deciding.refuse, note=request.form.get("note", ""))
    raise NotFound()


@supervisor.route("/daftar/<int:roster_id>/tarik", methods=["GET", "POST"])
@needs(Permission.ROSTER_READ, to_write=Permission.ROSTER_HANDLE)
def undo_roster(roster_id: int) -> Response | str | tuple[str, int]:
    """Take a whole import back, or only what it changed of registered people."""
    session = db.session()
    found = (own_to_send if request.method == "POST" else own_roster)(session, roster_id)
    imported = (found.status, RosterAction.UNDO) in ROSTER_TRANSITIONS
    error = ""
    if request.method == "POST":
        try:
            return _undo(found)
        except Refused as refused:
            error = why(refused)
    body = render_template(
        "supervisor/roster_undo.html",
        roster=found,
        dependents=[
            {"what": DEPENDENTS.get(each.what, _("ada catatan lain")), "workers": each.workers}
            for each in (undoing.in_the_way(session, found.id) if imported else ())
        ],
        imported=imported,
        note=request.form.get("note", ""),
        error=error,
    )
    return (body, 422) if error else body


def _take(roster_id: int, step: Step, **options: Any) -> Response:
    found = own_roster(db.session(), roster_id)
    here = url_for("supervisor.roster", roster_id=roster_id)
    try:
        with transaction() as session:
            state = step(session, roster_id=found.id, actor_id=current_user.id, **options)
            _queue(session, found.id, state)
    except Refused as refused:
        return said(refused, here)
    flash(str(_SAID[state]), "success")
    return redirect(here)


def _queue(session: Session, roster_id: int, state: RosterStatus) -> None:
    if job := _JOBS.get(state):
        jobs.defer(session, job, once=f"{job.__name__}:{roster_id}", roster_id=roster_id)


def _undo(found: RosterRow) -> Response:
    reason = request.form.get("note", "")
    here = url_for("supervisor.roster", roster_id=found.id)
    with transaction() as session:
        given: dict[str, Any] = {"roster_id": found.id, "reason": reason}
        if request.form.get("action") == "changes":
            back = undoing.restore_changes(session, actor_id=current_user.id, **given)
            flash(_told(back), "success")
        else:
            state = undoing.ask_undo(session, actor_id=current_user.id, **given)
            _queue(session, found.id, state)
            flash(_("Impor sedang ditarik kembali."), "success")
    return redirect(here)


def _told(back: undoing.Undone) -> str:
    told = ngettext(
        "Data %(num)d orang dikembalikan.", "Data %(num)d orang dikembalikan.", back.restored
    )
    if back.staying:
        told += " " + ngettext(
            "Isian yang diubah lagi sesudahnya pada %(num)d orang tetap.",
            "Isian yang diubah lagi sesudahnya pada %(num)d orang tetap.",
            back.staying,
        )
    return told


def _seen() -> datetime | None:
    try:
        return datetime.fromisoformat(request.form.get("seen", ""))
    except ValueError:
        raise NotFound() from None
