"""The lists of workers: uploads, the progress and the result of one, and its refused rows."""

from __future__ import annotations

import math
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import jobs, list_jobs
from agentsys.audit import trail
from agentsys.db import db, transaction
from agentsys.errors import Refused
from agentsys.handovers import kelurahan_queries
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.rosters import queries as roster_list
from agentsys.rosters import sponsored, storage
from agentsys.rosters.columns import USUAL
from agentsys.rosters.problems import PROBLEMS
from agentsys.rosters.shown import changes_of, check_of
from agentsys.runtime import runtime
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.lists import ListView
from agentsys.web.payers import PAYERS
from agentsys.web.responses import PAGE, why
from agentsys.web.second_persons import wait_for
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.own_rosters import may_send, own_roster, sent_by_user, steps_of
from agentsys.web.supervisor.roster_pages import LIST, NOTES
from agentsys.web.supervisor.roster_upload import MEGABYTE, store, upload_form
from agentsys.web.supervisor.roster_words import changed_fields
from agentsys.web.texts import num, translated
from agentsys.workers.models import RosterStatus

_SHOWS_CHECK = (RosterStatus.CHECKED, RosterStatus.PROPOSED)


@supervisor.route("/daftar", methods=["GET", "POST"], endpoint="rosters")
@needs(Permission.ROSTER_READ, to_write=Permission.ROSTER_UPLOAD)
def page() -> Response | str | tuple[str, int]:
    """The uploads, and a form for the next one."""
    view = ListView(LIST)
    if (other := view.redirect_or_file(_fetch)) is not None:
        return other
    form = upload_form(db.session())
    if request.method == "POST" and form.validate():
        try:
            return redirect(url_for("supervisor.roster", roster_id=store(form)))
        except Refused as refused:
            form.form_errors.append(why(refused))
    body = render_template(
        "supervisor/rosters.html",
        form=form,
        may_upload=current_user.can(Permission.ROSTER_UPLOAD),
        sponsors_too=current_user.can(Permission.ROSTER_HANDLE),
        listing=view.show(_fetch(view.request)),
        most_bytes=runtime().settings.upload_mb * MEGABYTE,
        limits=_(
            ".xlsx, .xls, .ods atau .csv, paling besar %(mb)s MB dan %(rows)s baris."
            " Kolom NIK harus berformat Teks.",
            mb=runtime().settings.upload_mb,
            rows=num(runtime().settings.roster_rows),
        ),
    )
    return (body, 422) if form.errors else body


@supervisor.get("/daftar/<int:roster_id>")
@needs(Permission.ROSTER_READ)
def roster(roster_id: int) -> Response | str:
    """One upload: its progress, and a note for each cell that was repaired or refused."""
    session = db.session()
    found = own_roster(session, roster_id)
    view = ListView(NOTES, roster_id=roster_id)

    def fetch(asked: ListRequest) -> Page[roster_list.NoteRow]:
        return roster_list.notes(session, roster_id=found.id, asked=asked)

    if (other := view.redirect_or_file(fetch)) is not None:
        return other
    checked = check_of(session, found.id) if found.status in _SHOWS_CHECK else None
    changes = changes_of(session, found.id, limit=PAGE + 1)
    named, version = None, {}
    if found.version_id is not None and found.status is RosterStatus.DONE:
        state, not_members = sponsored.standing(session, found.version_id)
        version = {"state": state, "not_members": not_members}
    if checked is not None and found.version_id is not None:
        named = sponsored.compared(session, found.version_id, created=checked.created)
    return render_template(
        "supervisor/roster.html",
        roster=_card(found) | _more(found),
        check=checked,
        named=named,
        version=version,
        without=_without(found),
        may_assign=current_user.can(Permission.HANDOVER_MAKE),
        changes=[{"row": row, "fields": changed_fields(row)} for row in changes[:PAGE]],
        more_changes=len(changes) > PAGE,
        summary=[
            {"problem_label": translated(advice), "count": count}
            for advice, count in roster_list.frequent_refusals(session, roster_id=found.id)
        ],
        listing=view.show(fetch(view.request)),
        tabs=view.tabs({"rejected": found.rejected}) if found.rejected or found.repaired else [],
        effects={name: problem.effect.value for name, problem in PROBLEMS.items()},
        steps=steps_of(found),
        not_yet=wait_for(found.sender_id, found.proposer_id)
        if found.status is RosterStatus.PROPOSED
        else "",
    )


@supervisor.get("/daftar/contoh.xlsx")
@needs(Permission.ROSTER_READ)
def roster_template() -> Response:
    """An empty list with the usual columns, all of them text."""
    title = _("Satu pekerja satu baris. NIK dan NAMA LENGKAP wajib diisi, kolom lain boleh kosong.")
    return sheets.download("daftar-pekerja.xlsx", title, (*USUAL, "PENGHASILAN"), ())


@supervisor.get("/daftar/<int:roster_id>/kemajuan")
@needs(Permission.ROSTER_READ)
def roster_progress(roster_id: int) -> str:
    """The HTML fragment that the page polls."""
    return render_template(
        "supervisor/_roster_progress.html", roster=_card(own_roster(db.session(), roster_id))
    )


@supervisor.get("/daftar/<int:roster_id>/ditolak.xlsx")
@needs(Permission.ROSTER_READ)
def roster_rejects(roster_id: int) -> Response:
    """The refused rows as they were sent, with advice; the download is recorded."""
    found = own_roster(db.session(), roster_id)
    with transaction() as session:
        content = storage.rejects(session, vault=runtime().vault, roster_id=found.id)
        if content is None:
            # The import job has not written the file yet.
            once = f"refused:{found.id}"
            jobs.defer(session, list_jobs.keep_refused, once=once, roster_id=found.id)
        else:
            trail.record(
                session,
                actor_id=current_user.id,
                action="roster.rejects_downloaded",
                subject=f"roster:{found.id}",
                details={"rejected": found.rejected},
            )
    if content is None:
        flash(
            _("Berkas baris yang ditolak sedang disiapkan. Coba unduh lagi sebentar lagi."), "info"
        )
        return redirect(url_for("supervisor.roster", roster_id=roster_id))
    return sheets.attachment(f"ditolak-{roster_id}.xlsx", content)


def _without(found: roster_list.RosterRow) -> kelurahan_queries.Without | None:
    """The new workers of an office's imported list who have no agent."""
    if found.status is not RosterStatus.DONE or found.agent_name:
        return None
    return kelurahan_queries.of_list(db.session(), found.id)


def _fetch(asked: ListRequest) -> Page[roster_list.RosterRow]:
    return roster_list.rosters(db.session(), current_user, asked)


def _more(found: roster_list.RosterRow) -> dict[str, Any]:
    """What the list's own page shows besides its progress."""
    return {
        "programmes": found.programmes.value.replace("+", " + "),
        "funding_label": PAYERS[found.funding],
        "from_month": found.from_month,
        "as_of": found.as_of,
        "to_handle": found.waits_for_a_person and may_send(found),
        "rejects_kept": storage.has_rejects(db.session(), found.id),
        "proposed_by": found.proposed_by,
        "decided_by": found.decided_by,
        "decision_note": found.decision_note,
        "undone_by": found.undone_by,
        "undo_reason": found.undo_reason,
        "undone_at": found.undone_at,
        "can_be_undone": found.can_be_undone,
        "own": sent_by_user(found),
        "agent": found.agent_name,
        "by_kelurahan": found.by_kelurahan,
        "version_id": found.version_id if current_user.can(Permission.SPONSOR_READ) else None,
    }


def _card(found: roster_list.RosterRow) -> dict[str, Any]:
    reading = found.status in (RosterStatus.RUNNING, RosterStatus.CHECKING)
    rate = found.rows_per_second if reading else 0
    left = max(found.rows_total - found.rows_done, 0) / rate if rate else 0
    return {
        "id": found.id,
        "filename": found.filename,
        "uploaded_at": found.uploaded_at,
        "uploaded_by": found.uploaded_by or "–",
        "status": found.status.value,
        "rows_total": found.rows_total,
        "rows_done": found.rows_done,
        "accepted": found.accepted,
        "rejected": found.rejected,
        "repaired": found.repaired,
        "created": found.created,
        "changed": found.changed,
        "unchanged": found.unchanged,
        "nobody": found.nobody,
        "hidden": found.hidden,
        "error": translated(found.error),
        "rate": rate,
        "remaining": ngettext(
            "sekitar %(num)d detik lagi", "sekitar %(num)d detik lagi", math.ceil(left)
        )
        if left
        else "",
    }
