"""Targets of cover: what was entered, and a form to enter another."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.reports import targets
from agentsys.reports.targets import MOST_PEOPLE, TargetRow
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView
from agentsys.web.reports.blueprint import reports
from agentsys.web.responses import blaming
from agentsys.web.texts import day, lazy
from agentsys.web.workers.group_words import ECOSYSTEM, ECOSYSTEMS
from agentsys.workers.kinds import Ecosystem

TARGETS = ListPage(
    endpoint="reports.targets",
    title=lazy("Target peserta"),
    search=lazy("Kelurahan"),
    sorts={
        "newest": lazy("Dicatat"),
        "from": lazy("Berlaku mulai"),
        "place": lazy("Kelurahan"),
    },
    personal=False,
    filename="target",
    columns=(
        (lazy("Kelurahan"), lambda row: row.kelurahan),
        (ECOSYSTEM, lambda row: str(ECOSYSTEMS[row.ecosystem]) if row.ecosystem else ""),
        (lazy("Orang"), lambda row: row.people),
        (lazy("Berlaku mulai"), lambda row: day(row.from_on)),
        (lazy("Sumber"), lambda row: row.source),
        (lazy("Kantor"), lambda row: row.office_name),
        (lazy("Dicatat oleh"), lambda row: row.entered_by),
    ),
)

_TOO_MANY = lazy("Isi dengan 0 sampai 100.000.000.")


class TargetForm(Form):
    """How many people, where, from when, and who says so."""

    office = SelectField(lazy("Kantor"))
    kelurahan = StringField(
        lazy("Kelurahan"),
        validators=[Length(max=80)],
        description=lazy("Kosongkan untuk seluruh kantor, atau pilih ekosistem."),
    )
    ecosystem = SelectField(
        ECOSYSTEM,
        choices=[SelectChoice("", lazy("Semua"))]
        + [SelectChoice(str(key), label) for key, label in ECOSYSTEMS.items()],
        validators=[Optional()],
    )
    people = IntegerField(
        lazy("Orang"),
        validators=[InputRequired(), NumberRange(0, MOST_PEOPLE, message=_TOO_MANY)],
        description=lazy("0 mengakhiri target sebelumnya."),
    )
    from_on = DateField(lazy("Berlaku mulai"), validators=[InputRequired()])
    source = StringField(
        lazy("Sumber"),
        validators=[InputRequired(), Length(max=160)],
        description=lazy("Misalnya nomor SK, atau surat BPJS."),
    )


@reports.get("/target", endpoint="targets")
@needs(Permission.REPORT_READ)
def index() -> Response | str:
    """The targets that were entered, and the form."""
    return ListView(TARGETS).answer(_fetch, lambda view: _page(view, _form(sent=False)))


@reports.post("/target", endpoint="enter_target")
@needs(Permission.REPORT_TARGET)
def enter() -> Response | tuple[str, int]:
    """Enter a target."""
    form = _form(sent=True)
    if form.validate() and form.from_on.data is not None:
        with blaming(form):
            with transaction() as session:
                targets.enter(
                    session,
                    office_id=int(form.office.data),
                    kelurahan=form.kelurahan.data or "",
                    ecosystem=Ecosystem(form.ecosystem.data) if form.ecosystem.data else None,
                    people=form.people.data or 0,
                    from_on=form.from_on.data,
                    source=form.source.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Target dicatat."), "success")
            return redirect(url_for("reports.targets"))
    view = ListView(TARGETS)
    return _page(view.show(_fetch(view.request)), form), 422


def _form(*, sent: bool) -> TargetForm:
    form = TargetForm() if sent else TargetForm(formdata=None)
    offices = scope.offices(db.session(), current_user)
    form.office.choices = [SelectChoice(str(number), name) for number, name in offices]
    if not sent:
        form.from_on.data = clock.now().date().replace(day=1)
        form.office.data = str(offices[0][0]) if len(offices) == 1 else ""
    return form


def _fetch(asked: ListRequest) -> Page[TargetRow]:
    return targets.entered(db.session(), current_user, asked)


def _page(view: ListView, form: TargetForm) -> str:
    return render_template(
        "reports/targets.html",
        listing=view,
        form=form,
        ecosystems=ECOSYSTEMS,
        may_enter=current_user.can(Permission.REPORT_TARGET),
        one_office=current_user.office_id is not None,
    )
