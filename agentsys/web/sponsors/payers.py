"""Sponsors: the list, adding and changing one, and proposing an agreement with it."""

from __future__ import annotations

from dataclasses import asdict

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.agreements import recording
from agentsys.agreements.kinds import PriceBasis
from agentsys.db import db, transaction
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.sponsors import queries
from agentsys.sponsors.queries import SponsorRow
from agentsys.web.access import needs
from agentsys.web.finance.offices import offer_office
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.forms import SponsorForm, TermsForm
from agentsys.web.sponsors.words import KINDS, list_tabs
from agentsys.web.texts import lazy

SPONSORS = ListPage(
    endpoint="sponsors.payers",
    title=lazy("Sponsor"),
    search=lazy("Nama sponsor atau kontak"),
    sorts={"name": lazy("Nama"), "newest": lazy("Terbaru")},
    states={kind.value: label for kind, label in KINDS.items()},
    states_label=lazy("Jenis sponsor"),
    personal=False,
    filename="sponsor",
    columns=(
        (lazy("Nama sponsor"), lambda row: row.name),
        (lazy("Jenis sponsor"), lambda row: str(KINDS[row.kind])),
        (lazy("Nama kontak"), lambda row: row.contact_name),
        (lazy("Telepon kontak"), lambda row: row.contact_phone),
        (lazy("Bendahara"), lambda row: row.treasurer),
        (lazy("Perjanjian berlaku"), lambda row: row.agreements),
    ),
)
OF_SPONSOR = ListPage(
    endpoint="sponsors.payer",
    title=lazy("Perjanjian"),
    search=lazy("Nomor perjanjian"),
    sorts={"newest": lazy("Terbaru"), "ends": lazy("Bulan terakhir")},
    personal=False,
)


@sponsors.get("/pemberi")
@needs(Permission.SPONSOR_READ)
def payers() -> Response | str:
    """The sponsors of the user's offices."""
    return ListView(SPONSORS).answer(
        _fetch,
        lambda view: render_template(
            "sponsors/payers.html",
            listing=view,
            tabs=list_tabs("sponsors.payers"),
            kinds=KINDS,
            writable=current_user.can(Permission.SPONSOR_RECORD),
        ),
    )


@sponsors.route("/pemberi/baru", methods=["GET", "POST"])
@needs(Permission.SPONSOR_RECORD)
def new_payer() -> Response | tuple[str, int]:
    """A form that records a sponsor."""
    form = SponsorForm(request.form if request.method == "POST" else None)
    offer_office(db.session(), form.office)
    if form.validate_on_submit():
        with blaming(form):
            office_id = int(form.office.data)
            scope.check_office(db.session(), actor_id=current_user.id, office_id=office_id)
            with transaction() as session:
                made = recording.add_sponsor(
                    session,
                    office_id=office_id,
                    details=form.details(),
                    actor_id=current_user.id,
                ).id
            flash(_("Sponsor dicatat. Catat perjanjiannya."), "success")
            return redirect(url_for("sponsors.payer", sponsor_id=made))
    page = render_template(
        "sponsors/new_payer.html", form=form, one_office=len(form.office.choices or ()) == 1
    )
    return page, 422 if form.errors else 200


@sponsors.get("/pemberi/<int:sponsor_id>")
@needs(Permission.SPONSOR_READ)
def payer(sponsor_id: int) -> Response | str:
    """A sponsor, its agreements, and a form to correct what is known about it."""
    found = queries.sponsor_in_scope(db.session(), current_user, sponsor_id)
    return _payer(found, _known(found))


@sponsors.post("/pemberi/<int:sponsor_id>")
@needs(Permission.SPONSOR_RECORD)
def change_payer(sponsor_id: int) -> Response | tuple[Response | str, int]:
    """Correct what is known about a sponsor."""
    found = queries.sponsor_in_scope(db.session(), current_user, sponsor_id)
    form = SponsorForm(request.form)
    del form.office
    if form.validate():
        with blaming(form):
            with transaction() as session:
                recording.change_sponsor(
                    session,
                    sponsor_id=found.id,
                    details=form.details(),
                    actor_id=current_user.id,
                )
            flash(_("Data sponsor disimpan."), "success")
            return redirect(url_for("sponsors.payer", sponsor_id=found.id))
    return _payer(found, form), 422


@sponsors.route("/pemberi/<int:sponsor_id>/perjanjian", methods=["GET", "POST"])
@needs(Permission.SPONSOR_RECORD)
def propose(sponsor_id: int) -> Response | tuple[str, int]:
    """A form that proposes an agreement; a second person puts it in force."""
    found = queries.sponsor_in_scope(db.session(), current_user, sponsor_id)
    form = TermsForm(request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.from_month.data = f"{clock.this_month():%Y-%m}"
        form.price_basis.data = PriceBasis.LOWEST.value
    if form.validate_on_submit():
        with blaming(form):
            with transaction() as session:
                made = recording.propose(
                    session, sponsor_id=found.id, terms=form.terms(), actor_id=current_user.id
                ).id
            flash(_("Perjanjian diusulkan. Orang kedua memberlakukannya."), "success")
            return redirect(url_for("sponsors.agreement", agreement_id=made))
    page = render_template("sponsors/propose.html", form=form, sponsor=found, kinds=KINDS)
    return page, 422 if form.errors else 200


def _known(found: SponsorRow) -> SponsorForm:
    form = SponsorForm(formdata=None, data=asdict(found) | {"kind": found.kind.value})
    del form.office
    return form


def _payer(found: SponsorRow, form: SponsorForm) -> Response | str:
    return ListView(OF_SPONSOR, sponsor_id=found.id).answer(
        lambda asked: queries.agreements(db.session(), current_user, asked, sponsor_id=found.id),
        lambda view: render_template(
            "sponsors/payer.html",
            sponsor=found,
            listing=view,
            form=form,
            kinds=KINDS,
            writable=current_user.can(Permission.SPONSOR_RECORD),
        ),
    )


def _fetch(asked: ListRequest) -> Page[SponsorRow]:
    return queries.sponsors(db.session(), current_user, asked)
