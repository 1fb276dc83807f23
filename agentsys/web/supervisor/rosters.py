"""Uploading a list of workers, its progress, and downloading its refused rows."""

from __future__ import annotations

import math
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from flask_wtf.file import FileRequired
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from agentsys import clock, jobs
from agentsys.audit import trail
from agentsys.contributions import billing
from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import agent_list
from agentsys.people.permissions import Permission
from agentsys.people.profiles import AgentProfile
from agentsys.rosters import importing as lists
from agentsys.rosters import queries as roster_list
from agentsys.rosters import storage
from agentsys.rosters.columns import USUAL
from agentsys.rosters.problems import PROBLEMS
from agentsys.runtime import runtime
from agentsys.web import sheets
from agentsys.web.access import needs
from agentsys.web.forms import Form, MonthField
from agentsys.web.lists import ListView
from agentsys.web.payers import PAYERS
from agentsys.web.responses import why
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.roster_pages import LIST, NOTES
from agentsys.web.texts import lazy, num, translated
from agentsys.workers.models import Funding, Programmes, RosterStatus

MEGABYTE = 1024 * 1024
CHOOSABLE = 200  # most agents in a select; in a larger office the agent's code is typed


class RosterForm(Form):
    """A file, and the values for all its rows."""

    file = FileField(lazy("Berkas"), validators=[FileRequired()])
    agent = SelectField(lazy("Agen pengelola"), coerce=int)
    agent_code = StringField(
        lazy("Kode agen pengelola"), validators=[DataRequired(), Length(max=20)]
    )
    programmes = SelectField(
        lazy("Program"),
        choices=[SelectChoice(p.value, p.value.replace("+", " + ")) for p in Programmes],
    )
    funding = SelectField(
        lazy("Pembayar iuran"),
        choices=[SelectChoice(f.value, label) for f, label in PAYERS.items()],
    )
    from_month = MonthField(lazy("Mulai bulan iuran"), validators=[DataRequired()])


@supervisor.route("/daftar", methods=["GET", "POST"], endpoint="rosters")
@needs(Permission.ROSTER_READ, to_write=Permission.ROSTER_UPLOAD)
def page() -> Response | str | tuple[str, int]:
    """The uploads, and a form for the next one."""
    view = ListView(LIST)
    if (other := view.redirect_or_file(_fetch)) is not None:
        return other
    form = _form(db.session())
    if request.method == "POST" and form.validate():
        try:
            return redirect(url_for("supervisor.roster", roster_id=_store(form)))
        except Refused as refused:
            form.form_errors.append(why(refused))
    body = render_template(
        "supervisor/rosters.html",
        form=form,
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
    found = roster_list.roster_in_scope(session, current_user, roster_id)
    view = ListView(NOTES, roster_id=roster_id)

    def fetch(asked: ListRequest) -> Page[roster_list.NoteRow]:
        return roster_list.notes(session, roster_id=found.id, asked=asked)

    if (other := view.redirect_or_file(fetch)) is not None:
        return other
    card = _card(found)
    card.update(
        programmes=found.programmes.value.replace("+", " + "),
        funding_label=PAYERS[found.funding],
        from_month=found.from_month,
        to_handle=found.waits_for_a_person and current_user.can(Permission.ROSTER_UPLOAD),
        rejects_kept=storage.has_rejects(session, found.id),
    )
    return render_template(
        "supervisor/roster.html",
        roster=card,
        summary=[
            {"problem_label": translated(advice), "count": count}
            for advice, count in roster_list.frequent_refusals(session, roster_id=found.id)
        ],
        listing=view.show(fetch(view.request)),
        tabs=view.tabs({"rejected": found.rejected}) if found.rejected or found.repaired else [],
        effects={name: problem.effect.value for name, problem in PROBLEMS.items()},
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
            jobs.defer(session, jobs.keep_refused, once=f"refused:{found.id}", roster_id=found.id)
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


def _fetch(asked: ListRequest) -> Page[roster_list.RosterRow]:
    return roster_list.rosters(db.session(), current_user, asked)


def own_roster(session: Session, roster_id: int) -> roster_list.RosterRow:
    """A list that the user may see; NotFound otherwise."""
    return roster_list.roster_in_scope(session, current_user, roster_id)


def _form(session: Session) -> RosterForm:
    form = RosterForm()
    agents = agent_list.active_agents(
        session, current_user, to=Permission.ROSTER_UPLOAD, limit=CHOOSABLE + 1
    )
    if len(agents) > CHOOSABLE:
        del form.agent
    else:
        del form.agent_code
        form.agent.choices = [SelectChoice(a.id, f"{a.name} ({a.code})") for a in agents]
    if request.method == "GET":
        form.from_month.data = f"{clock.this_month():%Y-%m}"
    return form


def _agent(session: Session, form: RosterForm) -> AgentProfile:
    """The chosen agent, or the one with the typed code."""
    upload = Permission.ROSTER_UPLOAD
    if "agent" in form:
        return agent_list.agent_in_scope(session, current_user, form.agent.data, to=upload)
    found = agent_list.agent_by_code(session, current_user, form.agent_code.data or "", to=upload)
    if found is None:
        raise Invalid("Tidak ada agen aktif dengan kode itu. Periksa kodenya di halaman Tim.")
    return found


def _store(form: RosterForm) -> int:
    assert form.from_month.month is not None
    billing.check_beginning(form.from_month.month)
    upload, most = form.file.data, runtime().settings.upload_mb
    content = upload.read()
    if len(content) > most * MEGABYTE:
        raise Invalid("Berkas ini lebih besar dari {most} MB. Bagi menjadi beberapa.", most=most)
    with transaction() as session:
        agent = _agent(session, form)
        stored = lists.store_upload(
            session,
            vault=runtime().vault,
            office_id=agent.office_id,
            agent_id=agent.id,
            filename=upload.filename or "daftar",
            content=content,
            programmes=Programmes(form.programmes.data),
            funding=Funding(form.funding.data),
            from_month=form.from_month.month,
            actor_id=current_user.id,
        )
        if stored.status is RosterStatus.WAITING:
            jobs.defer(session, jobs.import_roster, once=f"roster:{stored.id}", roster_id=stored.id)
        return stored.id


def _card(found: roster_list.RosterRow) -> dict[str, Any]:
    seconds = (clock.now() - found.uploaded_at).total_seconds()
    running = found.status is RosterStatus.RUNNING and found.rows_done > 0 and seconds > 1
    rate = found.rows_done / seconds if running else 0
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
        "error": translated(found.error),
        "rate": round(rate),
        "remaining": ngettext(
            "sekitar %(num)d detik lagi", "sekitar %(num)d detik lagi", math.ceil(left)
        )
        if left
        else "",
    }
