"""The agents of an office by kelurahan, and giving them the workers who have no agent."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.handovers import by_kelurahan, kelurahan_queries
from agentsys.people import agent_list, scope
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.responses import blaming, said
from agentsys.web.supervisor.blueprint import supervisor
from agentsys.web.supervisor.own_rosters import own_roster
from agentsys.web.texts import lazy
from agentsys.workers.kelurahan import key_of

CHOOSABLE = 200  # agents in a select; in a larger office the agent's code is typed
_MAKE = Permission.HANDOVER_MAKE


class AreaForm(Form):
    """Some kelurahan, and the agent who gets their workers."""

    office = HiddenField()
    pick = SelectMultipleField(lazy("Pilih"), validate_choice=False)  # ticks of the table
    kelurahan = StringField(
        lazy("Kelurahan"),
        validators=[Length(max=2000)],
        description=lazy("Centang di tabel, atau tulis namanya; beberapa dipisah dengan koma."),
    )
    agent = SelectField(lazy("Agen"))
    agent_code = StringField(lazy("Kode agen"), validators=[Length(max=20)])

    def names(self) -> list[str]:
        """The ticked and the typed kelurahan."""
        typed = re.split(r"[,;\n]", self.kelurahan.data or "")
        return [name for name in (*(self.pick.data or ()), *typed) if key_of(name)]


@supervisor.get("/tim/kelurahan")
@needs(Permission.TEAM_READ)
def areas() -> str:
    """The kelurahan of an office with their agents, and how many workers have none."""
    office_id = _office(request.args.get("kantor", ""))
    return _page(office_id, _form(office_id, sent=False))


@supervisor.post("/tim/kelurahan/simpan")
@needs(_MAKE)
def set_area() -> Response | tuple[str, int]:
    """Give kelurahan to an agent, or take them out of the table."""
    office_id = _office(request.form.get("office", ""))
    form = _form(office_id, sent=True)
    removing = request.form.get("action") == "remove"
    if removing:
        # No agent has to be chosen to take kelurahan out.
        if "agent" in form:
            form.agent.validate_choice, form.agent.validators = False, ()
        else:
            form.agent_code.validators = ()
    if form.validate():
        with blaming(form):
            with transaction() as session:
                done = _store(session, form, office_id, removing=removing)
            flash(done, "success")
            return redirect(_here(office_id))
    return _page(office_id, form), 422


@supervisor.post("/tim/kelurahan/tetapkan")
@needs(_MAKE)
def assign_by_area() -> Response:
    """Give the office's workers without an agent to the agents of their kelurahan."""
    office_id = _office(request.form.get("office", ""))
    return _assign(office_id, _here(office_id))


@supervisor.post("/daftar/<int:roster_id>/agen")
@needs(_MAKE)
def assign_roster(roster_id: int) -> Response:
    """Give the workers of an imported list who have no agent to the agents of their kelurahan."""
    found = own_roster(db.session(), roster_id)
    here = url_for("supervisor.roster", roster_id=roster_id)
    return _assign(found.office_id, here, roster_id=found.id)


def _assign(office_id: int, here: str, *, roster_id: int | None = None) -> Response:
    try:
        with transaction() as session:
            given = by_kelurahan.assign_missing(
                session, office_id=office_id, actor_id=current_user.id, roster_id=roster_id
            )
    except Refused as refused:
        return said(refused, here)
    if given.workers:
        told = ngettext(
            "%(num)d pekerja mendapat agen menurut kelurahannya.",
            "%(num)d pekerja mendapat agen menurut kelurahannya.",
            given.workers,
        )
        flash(told, "success")
    else:
        flash(_("Tidak ada pekerja tanpa agen di kelurahan yang punya agen aktif."), "info")
    return redirect(here)


def _office(asked: str) -> int:
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        raise NotFound()
    session = db.session()
    return kelurahan_queries.office_in_scope(session, current_user, int(asked) if asked else None)


def _form(office_id: int, *, sent: bool) -> AreaForm:
    form = AreaForm() if sent else AreaForm(formdata=None)
    form.office.data = str(office_id)
    agents = [
        agent
        for agent in agent_list.active_agents(
            db.session(), current_user, to=_MAKE, limit=CHOOSABLE + 1
        )
        if agent.office_id == office_id
    ]
    if len(agents) > CHOOSABLE:
        del form.agent
        form.agent_code.validators = [InputRequired(), Length(max=20)]
    else:
        del form.agent_code
        form.agent.choices = [SelectChoice(str(a.id), f"{a.name} ({a.code})") for a in agents]
    return form


def _store(session: Session, form: AreaForm, office_id: int, *, removing: bool) -> str:
    given = {"office_id": office_id, "kelurahan": form.names(), "actor_id": current_user.id}
    if removing:
        count = by_kelurahan.remove(session, **given)
        told = ngettext("%(num)d kelurahan dikeluarkan.", "%(num)d kelurahan dikeluarkan.", count)
    else:
        count = by_kelurahan.set_agent(session, **given, agent_id=_agent(session, form))
        told = ngettext("%(num)d kelurahan disimpan.", "%(num)d kelurahan disimpan.", count)
    return told


def _agent(session: Session, form: AreaForm) -> int:
    if "agent" in form:
        return int(form.agent.data)
    found = agent_list.agent_by_code(session, current_user, form.agent_code.data or "", to=_MAKE)
    if found is None:
        raise Invalid(
            "Tidak ada agen aktif dengan kode itu. Periksa kodenya di halaman Tim.",
            about="agent_code",
        )
    return found.id


def _here(office_id: int) -> str:
    several = len(scope.offices(db.session(), current_user)) > 1
    return url_for("supervisor.areas", kantor=office_id if several else None)


def _page(office_id: int, form: AreaForm) -> str:
    session = db.session()
    rows, more = kelurahan_queries.table(session, current_user, office_id)
    ticked = {key_of(name) for name in form.pick.data or ()}
    return render_template(
        "supervisor/areas.html",
        office_id=office_id,
        offices=scope.offices(session, current_user),
        rows=rows,
        more=more,
        form=form,
        ticked=ticked,
        nowhere=kelurahan_queries.nowhere(session, office_id),
        assignable=sum(row.without for row in rows if row.agent_active and row.is_own),
        may_set=current_user.can(_MAKE),
    )
