"""Enrolling a worker, with consent and the attestation that he or she works."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from agentsys import clock
from agentsys.db import db, transaction
from agentsys.duplicates import finding
from agentsys.errors import Refused
from agentsys.listing.request import ListRequest
from agentsys.payments import portfolio
from agentsys.people import scope
from agentsys.people.offices import controller_of
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.agent import enrol_checks
from agentsys.web.agent.blueprint import agent
from agentsys.web.eligibility_words import CONFIRM
from agentsys.web.forms import Form, RupiahField
from agentsys.web.texts import lazy, sentence
from agentsys.web.workers.change_words import WORK
from agentsys.web.workers.group_words import ECOSYSTEM, GROUP, ecosystem_choices, group_choices
from agentsys.workers import enrolment, group_queries, nik
from agentsys.workers.columns import PLAIN, Asked
from agentsys.workers.kinds import Ecosystem, Work
from agentsys.workers.models import Funding, Programmes, Sector

_NIK_DIGITS = 16


class EnrolForm(Form):
    """The data on the KTP (identity card), and the worker's answers."""

    nik = StringField("NIK", validators=[DataRequired(), Length(max=40)])
    name = StringField(lazy("Nama lengkap"), validators=[DataRequired(), Length(max=120)])
    birth_date = DateField(lazy("Tanggal lahir"), validators=[InputRequired()])
    sex = RadioField(
        lazy("Jenis kelamin"),
        choices=[SelectChoice("L", lazy("Laki-laki")), SelectChoice("P", lazy("Perempuan"))],
    )
    phone = StringField(lazy("Nomor HP"), validators=[Length(max=30)])
    # Asked and never guessed: it makes the price.
    sector = RadioField(
        lazy("Sektor"),
        choices=[
            SelectChoice(Sector.OTHER.value, lazy("Bukan transportasi")),
            SelectChoice(Sector.TRANSPORT.value, lazy("Transportasi (ojek, sopir, kurir)")),
        ],
        validators=[InputRequired()],
    )
    work = RadioField(
        lazy("Cara bekerja"),
        choices=[SelectChoice(work.value, label) for work, label in WORK.items()],
        default=Work.OWN.value,
    )
    ecosystem = SelectField(ECOSYSTEM, choices=ecosystem_choices(), validators=[Optional()])
    group = SelectField(GROUP, validators=[Optional()])
    income_idr = RupiahField(lazy("Penghasilan per bulan"), validators=[InputRequired()])
    programmes = RadioField(
        lazy("Program"),
        choices=[SelectChoice(p.value, p.value.replace("+", " + ")) for p in Programmes],
        default=Programmes.TWO.value,
    )
    consent = BooleanField(lazy("Pekerja setuju datanya dicatat"), validators=[DataRequired()])
    attestation = BooleanField(
        lazy("Pekerja benar-benar masih bekerja"),
        validators=[DataRequired()],
    )
    confirm_warnings = BooleanField(CONFIRM)

    def plain(self, part: str) -> list[StringField]:
        """The fields of the plain columns that this part of the form asks for."""
        return [self[column.name] for column in PLAIN if column.asked is Asked[part]]


for _column in PLAIN:
    if _column.asked:
        _checks = [DataRequired()] if _column.required else []
        _field = StringField(lazy(_column.label), validators=[*_checks, Length(max=_column.most)])
        setattr(EnrolForm, _column.name, _field)


@agent.route("/daftarkan", methods=["GET", "POST"])
@needs(Permission.WORKER_ENROL)
def enrol() -> Response | str | tuple[str, int]:
    """The form; refuses an impossible NIK, and asks about one that differs from the other data."""
    form = EnrolForm()
    office_id = scope.own_agent(db.session(), current_user).office_id
    form.group.choices = group_choices(group_queries.choices(db.session(), office_id=office_id))
    if request.method == "GET":
        return _page(form)
    if not form.validate():
        return _page(form), 422
    warnings = enrol_checks.warnings(form, _new_worker(form))
    if form.errors or (warnings and not form.confirm_warnings.data):
        return _page(form, warnings=warnings), 422
    mine = scope.own_agent(db.session(), current_user)
    try:
        with transaction() as session:
            worker = enrolment.enrol_worker(
                session,
                vault=runtime().vault,
                data=_new_worker(form),
                agent_id=mine.id,
                actor_id=current_user.id,
                month=clock.this_month(),
            )
            worker_id, name = worker.id, worker.name
            finding.check(session, vault=runtime().vault, worker_ids=[worker_id])
    except Refused as refused:
        field = form[str(refused.facts.get("about", "nik"))]
        field.errors = [*field.errors, sentence(refused.message)]
        known = refused.facts.get("worker_id")
        return _page(form, known_url=url_for("agent.worker", worker_id=known) if known else ""), 422
    flash(
        _(
            "Data %(name)s tersimpan. Belum menjadi peserta: tagih iuran pertama; kantor"
            " mendaftarkannya ke BPJS Ketenagakerjaan.",
            name=name,
        ),
        "success",
    )
    return redirect(url_for("agent.worker", worker_id=worker_id))


@agent.post("/daftarkan/periksa")
@needs(Permission.WORKER_ENROL)
def check_enrolment() -> str:
    """Checks before the form is submitted: the price, and whether the NIK can be enrolled.

    Only the agent's own workers are recognised, so that nobody can probe for other people's NIK.
    """
    form = EnrolForm(meta={"csrf": False})
    problem, known_url = "", ""
    if len(_digits(form.nik.data)) == _NIK_DIGITS:
        problem, known_url = _look_at(form.nik.data or "")
    return render_template(
        "agent/_enrol_checks.html",
        nik_problem=problem,
        known_url=known_url,
        price=enrol_checks.price(form),
        suggestion=enrol_checks.suggestion(form),
    )


def _look_at(number: str) -> tuple[str, str]:
    """Why the NIK cannot be enrolled, and the page of the agent's own worker who has it."""
    try:
        nik.parse(number)
    except Refused as refused:
        return sentence(refused.message), ""
    session = db.session()
    mine = scope.own_agent(session, current_user)
    asked = ListRequest(query=number, tab="all")
    found = portfolio.portfolio(session, agent_id=mine.id, vault=runtime().vault, asked=asked).rows
    return "", url_for("agent.worker", worker_id=found[0].worker_id) if found else ""


def _controller() -> str:
    session = db.session()
    return controller_of(session, scope.own_agent(session, current_user).office_id)


def _digits(text: str | None) -> str:
    return "".join(sign for sign in text or "" if sign.isdigit())


def _new_worker(form: EnrolForm) -> enrolment.NewWorker:
    assert form.birth_date.data is not None
    return enrolment.NewWorker(
        nik=form.nik.data or "",
        name=form.name.data or "",
        birth_date=form.birth_date.data,
        sex=form.sex.data or "",
        phone=form.phone.data or "",
        plain={column.name: form[column.name].data or "" for column in PLAIN if column.asked},
        sector=Sector(form.sector.data),
        work=Work(form.work.data),
        ecosystem=Ecosystem(form.ecosystem.data) if form.ecosystem.data else None,
        group_id=int(form.group.data) if form.group.data else None,
        income_idr=form.income_idr.data or 0,
        programmes=Programmes(form.programmes.data),
        funding=Funding.SELF,
    )


def _page(form: EnrolForm, *, warnings: list[str] | None = None, known_url: str = "") -> str:
    return render_template(
        "agent/enrol.html",
        form=form,
        known_url=known_url,
        nik_problem="",
        user_id=current_user.id,
        warnings=warnings or [],
        consent_text=sentence(enrolment.consent_to(_controller())),
        attestation_text=_(enrolment.ATTESTATION),
        price=enrol_checks.price(form),
        suggestion=enrol_checks.suggestion(form),
    )
