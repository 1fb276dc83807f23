"""Offices: listed, added and changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.db import db, transaction
from agentsys.errors import Invalid, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.memberships import closing_offices
from agentsys.people import offices as service
from agentsys.people import queries, scope
from agentsys.people.models import OfficeKind
from agentsys.people.permissions import Permission
from agentsys.web.access import blueprint_for, needs
from agentsys.web.admin_changes import changes_of
from agentsys.web.admin_forms import OFFICE_KINDS, OfficeDataForm, OfficeForm, chosen_id
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said, why
from agentsys.web.texts import day, lazy

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
        (lazy("Jenis"), lambda row: str(OFFICE_KINDS[row.kind])),
        (lazy("PKS berakhir"), lambda row: day(row.pks_until) if row.pks_until else ""),
        (lazy("Ditutup"), lambda row: _("ya") if row.is_closed else ""),
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
    """A form to change one office, who changed what before, and closing it."""
    found = queries.office_in_scope(db.session(), current_user, office_id)
    known = asdict(found) | {"kind": found.kind.value, "parent": str(found.parent_id or "")}
    form = OfficeDataForm(request.form if request.method == "POST" else None, data=known)
    form.parent.choices = [SelectChoice("", _("Tidak ada"))] + [
        SelectChoice(str(number), name)
        for number, name in scope.offices(db.session(), current_user)
        if number != office_id
    ]
    if request.method == "POST" and form.validate():
        with blaming(form):
            _change(office_id, form)
            flash(_("Kantor %(name)s disimpan.", name=form.name.data), "success")
            return redirect(url_for("offices.index"))
    page = _office_page(office_id, form)
    return (page, 422) if form.errors else page


@offices.post("/<int:office_id>/keadaan")
@needs(Permission.OFFICE_MANAGE)
def open_or_close(office_id: int) -> Response:
    """Close an empty office, or open it again; only admins of all offices may."""
    found = queries.office_in_scope(db.session(), current_user, office_id)
    here = url_for("offices.change", office_id=office_id)
    closes = request.form.get("action") == "close"
    try:
        with transaction() as session:
            do = closing_offices.close if closes else closing_offices.reopen
            do(session, office_id=office_id, actor=current_user)
    except Refused as refused:
        return said(refused, here)
    flash(
        _("Kantor %(name)s ditutup.", name=found.name)
        if closes
        else _("Kantor %(name)s dibuka lagi.", name=found.name),
        "success",
    )
    return redirect(here)


def _change(office_id: int, form: Any) -> None:
    try:
        with transaction() as session:
            service.change_office(
                session,
                office_id=office_id,
                **_values(form),
                details=service.OfficeDetails(
                    kind=OfficeKind(form.kind.data),
                    parent_id=chosen_id(form.parent.data),
                    contact_name=form.contact_name.data or "",
                    contact_phone=form.contact_phone.data or "",
                    contact_email=form.contact_email.data or "",
                    address=form.address.data or "",
                    controller=form.controller.data or "",
                    pks_number=form.pks_number.data or "",
                    pks_from=form.pks_from.data,
                    pks_until=form.pks_until.data,
                ),
                actor_id=current_user.id,
            )
    except IntegrityError as error:
        # Two admins at the same time: the check passed, but the unique constraint failed.
        raise service.OfficeCodeTaken() from error


def _office_page(office_id: int, form: OfficeDataForm) -> str:
    session = db.session()
    found = queries.office_in_scope(session, current_user, office_id)
    return render_template(
        "admin/office.html",
        office=found,
        form=form,
        pks_days=service.pks_days_left(found.pks_until),
        left=closing_offices.left_there(session, office_id),
        can_close=current_user.sees_all_offices,
        changes=changes_of(f"office:{office_id}"),
    )


def _reason(refused: Refused | IntegrityError) -> str:
    """The message when two admins did this at once, and the unique constraint failed."""
    return why(refused if isinstance(refused, Refused) else service.OfficeCodeTaken())


def _values(form: OfficeForm) -> dict[str, Any]:
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
        kinds=OFFICE_KINDS,
        pks_days=lambda row: service.pks_days_left(row.pks_until),
    )
