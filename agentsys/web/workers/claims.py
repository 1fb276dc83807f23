"""Claims at BPJS: what to bring, whom to call, how far each one is, and what was paid where."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from agentsys import clock
from agentsys.benefits import claim_queries, heirs
from agentsys.benefits import claims as service
from agentsys.benefits.claim_queries import ClaimRow
from agentsys.benefits.claims import CLAIM_TRANSITIONS, ClaimAction
from agentsys.benefits.models import ClaimKind
from agentsys.db import db, transaction
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.benefit_words import CLAIM_KINDS, RELATIONS, benefits_of
from agentsys.web.forms import Form, RupiahField
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import blaming
from agentsys.web.state_words import state_word
from agentsys.web.texts import lazy
from agentsys.web.workers.blueprint import workers
from agentsys.workers.queries import profile_in_scope

ACTIONS = {
    ClaimAction.HAND_IN: lazy("Berkas diserahkan ke BPJS"),
    ClaimAction.PAID: lazy("Dibayar BPJS"),
    ClaimAction.REFUSED: lazy("Ditolak BPJS"),
    ClaimAction.DROP: lazy("Tidak dilanjutkan"),
}
CLAIMS = ListPage(
    endpoint="workers.claims",
    title=lazy("Klaim"),
    search=lazy("Nama pekerja"),
    tabs={"open": lazy("Berjalan"), "paid": lazy("Dibayar"), "all": lazy("Semua")},
    sorts={
        "opened": lazy("Dicatat"),
        "happened": lazy("Tanggal kejadian"),
        "worker": lazy("Pekerja"),
    },
    agent=True,
    filename="klaim",
    columns=(
        (lazy("Pekerja"), lambda row: row.worker_name),
        (lazy("Kelurahan"), lambda row: row.kelurahan),
        (lazy("Agen"), lambda row: row.agent_name),
        (lazy("Jenis"), lambda row: str(CLAIM_KINDS[row.kind])),
        (lazy("Tanggal kejadian"), lambda row: f"{row.happened_on:%Y-%m-%d}"),
        (lazy("Status"), lambda row: str(state_word("claim", row.state).text)),
        (lazy("Dibayar BPJS"), lambda row: row.amount_idr or 0),
        (
            lazy("Tanggal dibayar"),
            lambda row: f"{row.paid_on:%Y-%m-%d}" if row.paid_on else "",
        ),
    ),
)


class StepForm(Form):
    """The next step of a claim."""

    action = SelectField(lazy("Langkah"), validators=[InputRequired()])
    amount_idr = RupiahField(
        lazy("Jumlah yang dibayar BPJS"),
        validators=[Optional()],
        description=lazy("Jumlah dan tanggalnya diisi bila BPJS sudah membayar."),
    )
    paid_on = DateField(lazy("Tanggal BPJS membayar"), validators=[Optional()])
    note = StringField(
        lazy("Catatan"),
        validators=[Length(max=200)],
        description=lazy("Tulis alasannya bila ditolak atau tidak dilanjutkan."),
    )


class ReportForm(Form):
    """What happened to a worker."""

    kind = SelectField(
        lazy("Yang terjadi"),
        choices=[SelectChoice("", lazy("Pilih kejadian"))]
        + [SelectChoice(kind.value, label) for kind, label in CLAIM_KINDS.items()],
        validators=[InputRequired()],
    )
    happened_on = DateField(lazy("Tanggal kejadian"), validators=[InputRequired()])
    note = StringField(lazy("Catatan"), validators=[Length(max=200)])


@workers.route("/klaim", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, searches=True)
def claims() -> Response | str:
    """The claims in reach, and what BPJS paid this year by kelurahan."""
    return ListView(CLAIMS).answer(_fetch, _page)


@workers.route("/klaim/<int:claim_id>", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, to_write=Permission.CLAIM_RECORD)
def claim(claim_id: int) -> Response | str | tuple[str, int]:
    """One claim: what to bring, whom to call, and the next step."""
    found = claim_queries.claim_in_scope(db.session(), current_user, claim_id)
    form = StepForm()
    form.action.choices = [
        SelectChoice(action.value, ACTIONS[action])
        for state, action in CLAIM_TRANSITIONS
        if state is found.state
    ]
    if request.method == "POST":
        if form.validate():
            with blaming(form):
                with transaction() as session:
                    service.move(
                        session,
                        claim_id=claim_id,
                        action=ClaimAction(form.action.data),
                        actor=current_user,
                        note=form.note.data or "",
                        amount_idr=form.amount_idr.data,
                        on=form.paid_on.data,
                    )
                flash(_("Dicatat untuk %(name)s.", name=found.worker_name), "success")
                return redirect(url_for("workers.claim", claim_id=claim_id))
        return _claim_page(found, form), 422
    return _claim_page(found, form)


@workers.route("/<int:worker_id>/klaim", methods=["GET", "POST"])
@needs(Permission.WORKER_READ, to_write=Permission.CLAIM_RECORD)
def report_claim(worker_id: int) -> Response | str | tuple[str, int]:
    """The claims of one worker, and a form to report what happened."""
    found = profile_in_scope(db.session(), current_user, worker_id, to=Permission.WORKER_READ)
    form = ReportForm()
    writes = request.method == "POST"
    if writes and form.validate():
        with blaming(form):
            with transaction() as session:
                made = service.report(
                    session,
                    worker_id=found.id,
                    kind=ClaimKind(form.kind.data),
                    happened_on=form.happened_on.data,
                    note=form.note.data or "",
                    actor=current_user,
                ).id
            return redirect(url_for("workers.claim", claim_id=made))
    page = render_template(
        "workers/claims_of.html",
        worker={"id": found.id, "name": found.name},
        form=form,
        rows=claim_queries.of_worker(db.session(), worker_id=found.id),
        kinds=CLAIM_KINDS,
        may_record=current_user.can(Permission.CLAIM_RECORD),
        today=clock.now().date(),
    )
    return (page, 422) if writes else page


def _fetch(asked: ListRequest) -> Page[ClaimRow]:
    return claim_queries.claims(db.session(), current_user, asked)


def _page(view: ListView) -> str:
    year = clock.this_month().year
    return render_template(
        "workers/claims.html",
        listing=view,
        tabs=view.tabs(),
        kinds=CLAIM_KINDS,
        year=year,
        paid=claim_queries.paid_by_kelurahan(db.session(), current_user, year=year),
    )


def _claim_page(found: ClaimRow, form: StepForm) -> str:
    session = db.session()
    context: dict[str, Any] = {
        "claim": found,
        "form": form,
        "kind": CLAIM_KINDS[found.kind],
        "died": found.kind is not ClaimKind.ACCIDENT,
        "heirs": heirs.of_worker(session, worker_id=found.worker_id),
        "relations": RELATIONS,
        "benefits": benefits_of(session, worker_id=found.worker_id),
        "may_record": current_user.can(Permission.CLAIM_RECORD) and bool(form.action.choices),
        "back_url": back_to("workers.claims"),
        "today": clock.now().date(),
    }
    return render_template("workers/claim.html", **context)
