"""Lists of facts: uploading one, seeing how many match, and letting them count."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice

from agentsys.agreements.kinds import Certainty, FactKind
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.people import scope
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.sponsors import fact_queries
from agentsys.sponsors import facts as service
from agentsys.sponsors.fact_reading import MOST_ROWS, YES
from agentsys.web.access import needs
from agentsys.web.lists import ListPage, ListView
from agentsys.web.responses import blaming, said
from agentsys.web.sponsors.blueprint import sponsors
from agentsys.web.sponsors.fact_forms import FactsForm
from agentsys.web.sponsors.words import CERTAINTIES, FACTS, list_tabs
from agentsys.web.supervisor.roster_upload import MEGABYTE, content_of
from agentsys.web.texts import lazy, num, translated

LISTS = ListPage(
    endpoint="sponsors.fact_lists",
    title=lazy("Data kelayakan"),
    search=lazy("Sumber atau versi"),
    sorts={"newest": lazy("Terbaru"), "data": lazy("Tanggal data")},
    personal=False,
)


@sponsors.route("/kelayakan", methods=["GET", "POST"])
@needs(Permission.SPONSOR_READ, to_write=Permission.SPONSOR_RECORD)
def fact_lists() -> Response | str | tuple[Response | str, int]:
    """The uploaded lists of facts, and a form for the next one."""
    form = _form(db.session())
    if request.method == "POST" and form.validate():
        with blaming(form):
            return redirect(url_for("sponsors.fact_list", facts_id=_store(form)))
    page = ListView(LISTS).answer(
        lambda asked: fact_queries.fact_lists(db.session(), current_user, asked),
        lambda view: render_template(
            "sponsors/fact_lists.html",
            listing=view,
            tabs=list_tabs("sponsors.fact_lists"),
            form=form,
            writable=current_user.can(Permission.SPONSOR_RECORD),
            most_bytes=runtime().settings.upload_mb * MEGABYTE,
            hint=_(
                ".xlsx, .xls, .ods atau .csv, paling banyak %(rows)s baris: NIK sebagai Teks, dan"
                " DESIL, MISKIN atau KELAS PEKERJAAN.",
                rows=num(MOST_ROWS),
            ),
        ),
    )
    return (page, 422) if form.errors else page


@sponsors.get("/kelayakan/<int:facts_id>")
@needs(Permission.SPONSOR_READ)
def fact_list(facts_id: int) -> str:
    """A list: how many rows are workers of the office, what it says, and what was refused."""
    session = db.session()
    found = fact_queries.fact_list_in_scope(session, current_user, facts_id)
    return render_template(
        "sponsors/fact_list.html",
        facts=found,
        certainty=CERTAINTIES[found.certainty],
        counts=[
            {"kind": FACTS[kind], "value": value_words(kind, value), "people": people}
            for kind, value, people in fact_queries.counts(session, found.id)
        ],
        problems=[{"row": each["row"], "why": translated(each["why"])} for each in found.problems],
        may_decide=found.state == "checked" and current_user.can(Permission.SPONSOR_RECORD),
    )


@sponsors.post("/kelayakan/<int:facts_id>/putuskan")
@needs(Permission.SPONSOR_RECORD)
def decide_facts(facts_id: int) -> Response:
    """Let a list's facts count, or give the list up."""
    found = fact_queries.fact_list_in_scope(db.session(), current_user, facts_id)
    here = url_for("sponsors.fact_list", facts_id=found.id)
    action = request.form.get("action", "")
    if action not in ("apply", "drop"):
        raise NotFound()
    step = service.apply if action == "apply" else service.drop
    try:
        with transaction() as session:
            step(session, list_id=found.id, actor_id=current_user.id)
    except Refused as refused:
        return said(refused, here)
    flash(
        _("Data dipakai. Periksa syarat tiap perjanjian; belum ada yang keluar.")
        if action == "apply"
        else _("Daftar dibuang. Datanya dihapus."),
        "success",
    )
    return redirect(here)


def value_words(kind: FactKind, value: str) -> str:
    """A fact's value as people read it."""
    if kind is FactKind.POOR:
        return _("ya") if value == YES else _("tidak")
    return value


def _form(session: Session) -> FactsForm:
    form = FactsForm()
    offices = scope.offices(session, current_user)
    if len(offices) > 1:
        form.office.choices = [SelectChoice(number, name) for number, name in offices]
    else:
        del form.office
    return form


def _store(form: FactsForm) -> int:
    content = content_of(form.file.data)
    assert form.data_on.data is not None
    with transaction() as session:
        offices = dict(scope.offices(session, current_user))
        office_id = form.office.data if "office" in form else next(iter(offices), None)
        if office_id not in offices:
            raise NotFound()
        return service.upload(
            session,
            vault=runtime().vault,
            office_id=office_id,
            content=content,
            filename=form.file.data.filename or "data",
            source=form.source.data or "",
            version=form.version.data or "",
            data_on=form.data_on.data,
            certainty=Certainty(form.certainty.data),
            actor_id=current_user.id,
        )
