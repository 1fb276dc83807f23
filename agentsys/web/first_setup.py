"""Setting up an empty system: the code from the terminal, then the first office and admin."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_security.utils import login_user
from werkzeug.exceptions import TooManyRequests
from werkzeug.wrappers import Response
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import EqualTo, InputRequired, Length

from agentsys.db import db, transaction
from agentsys.people import first_setup, queries, signing_in
from agentsys.people.offices import DEFAULT_ZONE, ZONES
from agentsys.web.access import ANYBODY, blueprint_for
from agentsys.web.addresses import client_network
from agentsys.web.forms import Form
from agentsys.web.responses import blaming
from agentsys.web.texts import lazy

_PROOF = "setup_proof"  # in the cookie: that the code was typed here


class CodeForm(Form):
    """The code that the terminal printed."""

    code = StringField(lazy("Kode dari terminal"), validators=[InputRequired(), Length(max=60)])


class FirstForm(Form):
    """The first office, and its first admin."""

    office_code = StringField(lazy("Kode kantor"), validators=[InputRequired(), Length(max=20)])
    office_name = StringField(lazy("Nama kantor"), validators=[InputRequired(), Length(max=120)])
    city = StringField(lazy("Kota atau kabupaten"), validators=[InputRequired(), Length(max=80)])
    zone = SelectField(
        lazy("Zona waktu"),
        choices=[SelectChoice(zone, f"{words} ({zone})") for zone, words in ZONES.items()],
        default=DEFAULT_ZONE,
    )
    name = StringField(lazy("Nama Anda"), validators=[InputRequired(), Length(max=120)])
    phone = StringField(lazy("Nomor HP"), validators=[Length(max=30)])
    email = StringField(lazy("E-mail"), validators=[Length(max=254)])
    password = PasswordField(lazy("Kata sandi"), validators=[InputRequired()])
    again = PasswordField(
        lazy("Ulangi kata sandi"),
        validators=[EqualTo("password", lazy("Belum sama dengan kata sandi baru."))],
    )


setup = blueprint_for("setup", __name__, permission=ANYBODY, url_prefix="/mulai")


@setup.before_request
def _only_while_empty() -> None:
    if queries.anybody(db.session()):
        session.pop(_PROOF, None)
        abort(404)


@setup.route("", methods=["GET", "POST"])
def code() -> Response | str | tuple[str, int]:
    """Ask for the code; wrong ones count like wrong passwords of the same network address."""
    form = CodeForm()
    if request.method == "GET":
        return render_template("setup/code.html", form=form)
    address = client_network()
    if not signing_in.may_try(db.session(), address=address):
        raise TooManyRequests(retry_after=int(signing_in.COUNTED_FOR.total_seconds()))
    if form.validate():
        with blaming(form):
            session[_PROOF] = first_setup.check_code(db.session(), form.code.data or "")
            return redirect(url_for("setup.first"))
        with transaction() as database:
            signing_in.count_wrong(database, user_id=None, address=address)
    return render_template("setup/code.html", form=form), 422


@setup.route("/kantor", methods=["GET", "POST"])
def first() -> Response | str | tuple[str, int]:
    """Make the first office and admin, and sign the admin in."""
    proof = str(session.get(_PROOF, ""))
    if not first_setup.is_valid(db.session(), proof):
        return redirect(url_for("setup.code"))
    form = FirstForm()
    if request.method == "GET":
        return render_template("setup/first.html", form=form)
    if form.validate():
        with blaming(form):
            return _set_up(form, proof)
    return render_template("setup/first.html", form=form), 422


def _set_up(form: FirstForm, proof: str) -> Response:
    with transaction() as database:
        user = first_setup.set_up(
            database,
            proof=proof,
            office=first_setup.FirstOffice(
                code=form.office_code.data or "",
                name=form.office_name.data or "",
                city=form.city.data or "",
                zone=form.zone.data,
            ),
            admin=first_setup.FirstAdmin(
                name=form.name.data or "",
                phone=form.phone.data or "",
                email=form.email.data or "",
                password=form.password.data or "",
            ),
        )
        signing_in.signed_in(database, user=user)
    session.pop(_PROOF, None)
    login_user(user)
    flash(_("Kantor dan akun Anda siap. Tambahkan orang-orang kantor ini."), "success")
    return redirect(url_for("admin.users"))
