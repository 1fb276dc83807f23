"""The form with which a list of workers is uploaded."""

from __future__ import annotations

from flask import request
from flask_babel import gettext as _
from flask_security import current_user
from flask_wtf.file import FileRequired
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from wtforms import BooleanField, DateField, FileField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional

from agentsys import clock, jobs, list_jobs
from agentsys.contributions import billing
from agentsys.db import transaction
from agentsys.errors import Invalid, NotFound
from agentsys.people import agent_list, scope
from agentsys.people.permissions import Permission, Reach
from agentsys.people.profiles import AgentProfile
from agentsys.rosters.uploading import store_upload
from agentsys.runtime import runtime
from agentsys.web.forms import Form, MonthField
from agentsys.web.payers import PAYERS
from agentsys.web.texts import lazy
from agentsys.web.workers.group_words import ECOSYSTEM, GROUP, ecosystem_choices, group_choices
from agentsys.workers import group_queries
from agentsys.workers.kinds import Ecosystem
from agentsys.workers.models import Funding, Programmes, RosterStatus

MEGABYTE = 1024 * 1024
NOBODY = 0  # instead of an agent
BY_KELURAHAN = -1
CHOOSABLE = 200  # most agents in a select; in a larger office the agent's code is typed


class RosterForm(Form):
    """A file, and the values for all its rows."""

    file = FileField(lazy("Berkas"), validators=[FileRequired()])
    agent = SelectField(lazy("Agen pengelola"), coerce=int)
    agent_code = StringField(lazy("Kode agen pengelola"), validators=[Length(max=20)])
    by_kelurahan = BooleanField(
        lazy("Tanpa kode: agen menurut kelurahan"),
        description=lazy("Menurut tabel Agen per kelurahan di halaman Tim."),
    )
    office = SelectField(
        lazy("Kantor"), coerce=int, description=lazy("Hanya bila daftarnya tanpa agen.")
    )
    programmes = SelectField(
        lazy("Program"),
        choices=[SelectChoice(p.value, p.value.replace("+", " + ")) for p in Programmes],
    )
    funding = SelectField(
        lazy("Pembayar iuran"),
        choices=[SelectChoice(f.value, label) for f, label in PAYERS.items()],
        description=lazy("Daftar sponsor (SK) diunggah dari halaman perjanjiannya."),
    )
    from_month = MonthField(lazy("Mulai bulan iuran"), validators=[DataRequired()])
    as_of = DateField(
        lazy("Data per tanggal"),
        validators=[Optional()],
        description=lazy(
            "Tanggal data di berkas, bila bukan hari ini. Daftar lama tidak mengubah data yang"
            " lebih baru."
        ),
    )
    ecosystem = SelectField(
        ECOSYSTEM,
        choices=ecosystem_choices(),
        validators=[Optional()],
        description=lazy("Untuk baris yang tidak menyebutnya."),
    )
    group = SelectField(GROUP, validators=[Optional()])


def upload_form(session: Session) -> RosterForm:
    """The form, with the agents and offices that the user may choose."""
    form = RosterForm()
    offices = _offices(session)
    agents = agent_list.active_agents(
        session, current_user, to=Permission.ROSTER_UPLOAD, limit=CHOOSABLE + 1
    )
    if len(agents) > CHOOSABLE:
        del form.agent
        if not offices:
            form.agent_code.validators = [DataRequired(), Length(max=20)]
    else:
        del form.agent_code
        none = [
            SelectChoice(NOBODY, _("Tanpa agen: daftar milik kantor")),
            SelectChoice(BY_KELURAHAN, _("Menurut kelurahan: daftar milik kantor")),
        ]
        form.agent.choices = [
            *(SelectChoice(a.id, f"{a.name} ({a.code})") for a in agents),
            *(none if offices else ()),
        ]
    if len(offices) > 1:
        form.office.choices = [SelectChoice(number, name) for number, name in offices]
    else:
        del form.office
    if "agent" in form or not offices:
        del form.by_kelurahan
    form.group.choices = group_choices(group_queries.open_in_scope(session, current_user))
    if request.method == "GET":
        form.from_month.data = f"{clock.this_month():%Y-%m}"
    return form


def store(form: RosterForm) -> int:
    """Store the uploaded file, whose columns a job looks at; the list's id."""
    assert form.from_month.month is not None
    billing.check_beginning(form.from_month.month)
    upload = form.file.data
    content = content_of(upload)
    with transaction() as session:
        agent = _agent(session, form)
        stored = store_upload(
            session,
            vault=runtime().vault,
            office_id=agent.office_id if agent else _office(session, form),
            agent_id=agent.id if agent else None,
            by_kelurahan=agent is None and _by_kelurahan(form),
            filename=upload.filename or "daftar",
            content=content,
            programmes=Programmes(form.programmes.data),
            funding=Funding(form.funding.data),
            from_month=form.from_month.month,
            as_of=form.as_of.data,
            ecosystem=Ecosystem(form.ecosystem.data) if form.ecosystem.data else None,
            group_id=int(form.group.data) if form.group.data else None,
            at_once=False,
            actor_id=current_user.id,
        )
        if stored.status is RosterStatus.UPLOADED:
            once = f"read_list:{stored.id}"
            jobs.defer(session, list_jobs.read_list, once=once, roster_id=stored.id)
        return stored.id


def content_of(upload: FileStorage) -> bytes:
    """The bytes of an uploaded list; Invalid if they are too many."""
    most = runtime().settings.upload_mb
    content = upload.read()
    if len(content) > most * MEGABYTE:
        raise Invalid("Berkas ini lebih besar dari {most} MB. Bagi menjadi beberapa.", most=most)
    return content


def _offices(session: Session) -> list[tuple[int, str]]:
    """The offices for which the user may send a list without an agent."""
    if Reach.OFFICE not in current_user.reach(Permission.ROSTER_UPLOAD):
        return []
    return scope.offices(session, current_user)


def _office(session: Session, form: RosterForm) -> int:
    offices = dict(_offices(session))
    wanted = form.office.data if "office" in form else next(iter(offices), None)
    if wanted not in offices:
        raise NotFound()
    return int(wanted)


def _by_kelurahan(form: RosterForm) -> bool:
    """Whether new workers get the agent of their kelurahan."""
    return form.agent.data == BY_KELURAHAN if "agent" in form else form.by_kelurahan.data is True


def _agent(session: Session, form: RosterForm) -> AgentProfile | None:
    """The chosen agent, or the one with the typed code; None for a list without an agent."""
    upload = Permission.ROSTER_UPLOAD
    if "agent" in form:
        if form.agent.data in (NOBODY, BY_KELURAHAN):
            return None
        return agent_list.agent_in_scope(session, current_user, form.agent.data, to=upload)
    code = form.agent_code.data or ""
    if not code.strip():
        return None
    found = agent_list.agent_by_code(session, current_user, code, to=upload)
    if found is None:
        raise Invalid("Tidak ada agen aktif dengan kode itu. Periksa kodenya di halaman Tim.")
    return found
