"""The columns of a list: what each one holds, before anything is read."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import jobs, list_jobs
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.people.permissions import Permission
from agentsys.rosters import looking
from agentsys.rosters.shown import Columns, columns_of
from agentsys.rosters.transitions import ROSTER_TRANSITIONS, RosterAction
from agentsys.web.access import needs
from agentsys.web.responses import why
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.own_rosters import may_send, own_roster, own_to_send
from agentsys.web.supervisor.roster_words import field_choices


@supervisor.route("/daftar/<int:roster_id>/kolom", methods=["GET", "POST"])
@needs(Permission.ROSTER_READ, to_write=Permission.ROSTER_HANDLE)
def roster_columns(roster_id: int) -> Response | str | tuple[str, int]:
    """Each column with its title, samples, and what it holds; confirming it starts the check."""
    session = db.session()
    found = (own_to_send if request.method == "POST" else own_roster)(session, roster_id)
    columns = columns_of(session, found.id)
    chosen = {row.title: row.field or "" for row in columns.rows}
    error = ""
    if request.method == "POST":
        chosen = {
            row.title: request.form.get(f"kolom-{number}", "")[:40]
            for number, row in enumerate(columns.rows)
        }
        try:
            _confirm(found.id, chosen)
        except Refused as refused:
            error = why(refused)
        else:
            flash(_("Kolom dicatat. Daftar sedang diperiksa; pekerja belum diubah."), "success")
            return redirect(url_for("supervisor.roster", roster_id=roster_id))
    body = render_template(
        "supervisor/roster_columns.html",
        roster=found,
        columns=columns,
        chosen=chosen,
        not_read=_not_read(columns, chosen),
        choices=field_choices(),
        take_hidden="hidden" in request.form or columns.take_hidden,
        changeable=(found.status, RosterAction.CONFIRM) in ROSTER_TRANSITIONS and may_send(found),
        error=error,
    )
    return (body, 422) if error else body


def _confirm(roster_id: int, chosen: dict[str, str]) -> None:
    with transaction() as session:
        looking.confirm_columns(
            session,
            roster_id=roster_id,
            mapping=chosen,
            take_hidden="hidden" in request.form,
            actor_id=current_user.id,
        )
        once = f"check_list:{roster_id}"
        jobs.defer(session, list_jobs.check_list, once=once, roster_id=roster_id)


def _not_read(columns: Columns, chosen: dict[str, str]) -> list[str]:
    return [row.title for row in columns.rows if not chosen[row.title]]
