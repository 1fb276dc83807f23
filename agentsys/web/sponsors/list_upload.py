"""Uploading a sponsor's list (SK): its people become those of the agreement."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock, jobs, list_jobs
from agentsys.db import db, transaction
from agentsys.people.permissions import Permission
from agentsys.rosters.uploading import store_upload
from agentsys.runtime import runtime
from agentsys.sponsors import queries, versions
from agentsys.sponsors.queries import AgreementRow
from agentsys.web.access import needs
from agentsys.web.responses import blaming
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import ListForm
from agentsys.web.supervisor.roster_upload import MEGABYTE, content_of
from agentsys.workers.kinds import Ecosystem
from agentsys.workers.models import RosterStatus


@sponsors.route("/perjanjian/<int:agreement_id>/daftar", methods=["GET", "POST"])
@needs(Permission.SPONSOR_RECORD)
def upload_list(agreement_id: int) -> Response | tuple[str, int]:
    """A form with the file and its SK; then the list is checked and imported like any other."""
    agreement = queries.agreement_in_scope(db.session(), current_user, agreement_id)
    form = ListForm()
    may_upload = current_user.can(Permission.ROSTER_UPLOAD)
    if request.method == "GET":
        form.from_month.data = f"{max(clock.this_month(), agreement.from_month):%Y-%m}"
    elif not may_upload:
        form.form_errors.append(_("Daftar pekerja diunggah admin kantor."))
    elif form.validate():
        with blaming(form):
            return redirect(url_for("supervisor.roster", roster_id=_store(form, agreement)))
    page = render_template(
        "sponsors/upload_list.html",
        agreement=agreement,
        form=form,
        may_upload=may_upload,
        most_bytes=runtime().settings.upload_mb * MEGABYTE,
    )
    return page, 422 if form.errors else 200


def _store(form: ListForm, agreement: AgreementRow) -> int:
    content = content_of(form.file.data)
    assert form.from_month.month is not None
    assert form.decreed_on.data is not None
    with transaction() as session:
        version = versions.begin(
            session,
            agreement_id=agreement.id,
            decree=form.decree.data or "",
            decreed_on=form.decreed_on.data,
            from_month=form.from_month.month,
            whole=form.whole.data == "whole",
            actor_id=current_user.id,
        )
        stored = store_upload(
            session,
            vault=runtime().vault,
            office_id=agreement.office_id,
            agent_id=None,
            by_kelurahan=form.agents.data == "kelurahan",
            filename=form.file.data.filename or "daftar",
            content=content,
            programmes=agreement.programmes,
            funding=agreement.sponsor_kind.funding,
            from_month=form.from_month.month,
            as_of=form.decreed_on.data,
            ecosystem=Ecosystem(form.ecosystem.data) if form.ecosystem.data else None,
            at_once=False,
            actor_id=current_user.id,
            version_id=version.id,
        )
        if stored.version_id == version.id and stored.status is RosterStatus.UPLOADED:
            once = f"read_list:{stored.id}"
            jobs.defer(session, list_jobs.read_list, once=once, roster_id=stored.id)
        return stored.id
