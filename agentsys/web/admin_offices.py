"""Offices: listed, added and changed."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people import offices as service
from agentsys.people import queries
from agentsys.people.permissions import Permission
from agentsys.web.access import blueprint_for, needs
from agentsys.web.admin_forms import OfficeForm
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import said, why
from agentsys.web.texts import lazy

OFFICES = ListPage(
    endpoint="offices.index",
    title=lazy("Kantor"),
    search=lazy("Kode, nama, atau kota"),
    sorts={"name": lazy("Nama"), "city": lazy("Kota")},
    personal=False,
    filename="kantor",
    columns=(
        (lazy("Kode"), lambda row: row.code),
        (lazy("Nama"), lambda row: row.name),
        (lazy("Kota"), lambda row: row.city),
        (lazy("Zona waktu"), lambda row: service.ZONES[row.zone]),
        (lazy("Pengguna"), lambda row: row.users),
        (lazy("Agen"), lambda row: row.agents),
    ),
)

offices = blueprint_for("offices", __name__, url_prefix="/admin/kantor")


@offices.get("/")
@needs(Permission.OFFICE_MANAGE)
def index() -> Response | str:
    """The offices in the admin's scope; admins of all offices also get a form to add one."""
    return ListView(OFFICES).answer(_fetch, lambda view: _page(view, OfficeForm(formdata=None)))


@offices.post("/")
@needs(Permission.OFFICE_MANAGE)
def add() -> Response | tuple[str, int]:
    """Add an office; an admin of one office has no form for it."""
    if not current_user.sees_all_offices:
        refused = Invalid("Hanya admin semua kantor yang menambah kantor.")
        return said(refused, url_for("offices.index"))
    form = OfficeForm(request.form)
    if form.validate():
        try:
            with transaction() as session:
                made = service.add_office(session, **_values(form), actor_id=current_user.id)
                name = made.name
        except (Refused, IntegrityError) as refused:
            form.form_errors.append(_reason(refused))
        else:
            flash(_("Kantor %(name)s ditambahkan.", name=name), "success")
            return redirect(url_for("offices.index"))
    view = ListView(OFFICES)
    view.show(_fetch(view.request))
    return _page(view, form), 422


@offices.route("/<int:office_id>", methods=["GET", "POST"])
@needs(Permission.OFFICE_MANAGE)
def change(office_id: int) -> Response | str | tuple[str, int]:
    """A form to change one office."""
    found = queries.office_in_scope(db.session(), current_user, office_id)
    form = OfficeForm(request.form if request.method == "POST" else None, obj=found)
    if request.method == "POST" and form.validate():
        try:
            with transaction() as session:
                service.change_office(
                    session, office_id=office_id, **_values(form), actor_id=current_user.id
                )
        except (Refused, IntegrityError) as refused:
            form.form_errors.append(_reason(refused))
        else:
            flash(_("Kantor %(name)s disimpan.", name=form.name.data), "success")
            return redirect(url_for("offices.index"))
    page = render_template("admin/office.html", office=found, form=form)
    return (page, 422) if form.errors else page


def _reason(refused: Refused | IntegrityError) -> str:
    """The message when two admins did this at once, and the unique constraint failed."""
    return why(refused if isinstance(refused, Refused) else service.OfficeCodeTaken())


def _values(form: OfficeForm) -> dict[str, str]:
    fields = (form.code, form.name, form.city, form.zone)
    return {field.name: field.data or "" for field in fields}


def _fetch(asked: ListRequest) -> Page[queries.OfficeRow]:
    return queries.office_list(db.session(), current_user, asked)


def _page(view: ListView, form: OfficeForm) -> str:
    return render_template(
        "admin/offices.html",
        listing=view,
        form=form,
        can_add=current_user.sees_all_offices,
        zones=service.ZONES,
    )
