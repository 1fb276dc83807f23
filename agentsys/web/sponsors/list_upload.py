"""Uploading a sponsor's list (SK): its people become those of the agreement."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys import clock, jobs, list_jobs
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.people import agent_list
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
    may_upload = current_user.can(Permission.ROSTER_HANDLE)
    if request.method == "GET":
        form.from_month.data = f"{max(clock.this_month(), agreement.from_month):%Y-%m}"
    elif not may_upload:
        form.form_errors.append(
            _(
                "Anda tidak boleh mengunggah daftar sponsor. Minta bagian keuangan atau admin"
                " kantor."
            )
        )
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


def _agent_id(session: Session, form: ListForm, office_id: int) -> int | None:
    """The agent with the typed code, who works for the agreement's office; none without one."""
    code = (form.agent_code.data or "").strip()
    if form.agents.data != "one":
        if code:
            raise Invalid(
                "Kode agen diisi, tetapi daftarnya bukan untuk satu agen. Pilih Satu agen, atau"
                " kosongkan kodenya.",
                about="agents",
            )
        return None
    if not code:
        raise Invalid("Isi kode agennya.", about="agent_code")
    to = Permission.ROSTER_HANDLE
    agent = agent_list.agent_by_code(session, current_user, code, to=to)
    if agent is None or agent.office_id != office_id:
        raise Invalid(
            "Tidak ada agen aktif dengan kode itu di kantor perjanjian ini.", about="agent_code"
        )
    return agent.id


def _store(form: ListForm, agreement: AgreementRow) -> int:
    content = content_of(form.file.data)
    assert form.from_month.month is not None
    assert form.decreed_on.data is not None
    with transaction() as session:
        agent_id = _agent_id(session, form, agreement.office_id)
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
            agent_id=agent_id,
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
