"""Corrections of what was confirmed wrongly: one proposes, a second person decides."""

from __future__ import annotations

import re

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys.corrections import corrections as service
from agentsys.corrections import queries, subjects
from agentsys.corrections.models import Correctable, CorrectionState
from agentsys.corrections.queries import CorrectionRow
from agentsys.db import db, transaction
from agentsys.errors import NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.books import account_label
from agentsys.web.forms import Form
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import check, said, why
from agentsys.web.second_persons import waits
from agentsys.web.state_words import state_word
from agentsys.web.texts import day_and_time, lazy

WHAT = {
    Correctable.DEPOSIT: lazy("Setoran agen"),
    Correctable.TRANSFER: lazy("Transfer"),
    Correctable.PAYOUT: lazy("Pencairan gateway"),
    Correctable.FEE: lazy("Biaya penyedia"),
}
CORRECTIONS = ListPage(
    endpoint="finance.corrections",
    title=lazy("Koreksi"),
    search=lazy("Alasan"),
    sorts={"proposed": lazy("Diusulkan"), "amount": lazy("Jumlah")},
    tabs={
        "waiting": lazy("Menunggu"),
        "approved": lazy("Dikoreksi"),
        "refused": lazy("Ditolak atau ditarik"),
        "all": lazy("Semua"),
    },
    personal=False,
    dates=True,
    sums=True,
    filename="koreksi",
    columns=(
        (lazy("Apa"), lambda row: str(WHAT[row.what])),
        (lazy("Nomor"), lambda row: row.subject_id),
        (lazy("Jumlah"), lambda row: row.amount_idr),
        (lazy("Alasan"), lambda row: row.reason),
        (lazy("Status"), lambda row: str(state_word("correction", row.state).text)),
        (lazy("Diusulkan"), lambda row: day_and_time(row.proposed_at)),
        (lazy("Oleh"), lambda row: row.proposer),
        (lazy("Diputuskan oleh"), lambda row: row.decider or ""),
    ),
)


class CorrectionForm(Form):
    """What is to be undone, and why."""

    what = SelectField(choices=[SelectChoice(each.value) for each in Correctable])
    subject_id = IntegerField(validators=[InputRequired()])
    reason = StringField(
        lazy("Alasan"),
        validators=[InputRequired(), Length(max=service.LONGEST_REASON)],
        description=lazy("Apa yang salah, dan bagaimana yang benar. Dibaca orang kedua."),
    )


@finance.get("/koreksi")
@needs(Permission.BOOKS_READ)
def corrections() -> Response | str:
    """The corrections that wait for a second person, and what can be corrected."""
    form = CorrectionForm(request.args, meta={"csrf": False})
    return ListView(CORRECTIONS).answer(_fetch, lambda view: _render(view, form))


@finance.post("/koreksi")
@needs(Permission.CORRECTION_PROPOSE)
def propose_correction() -> Response | tuple[str, int]:
    """Propose to undo a deposit, a transfer or a payout."""
    form = CorrectionForm(request.form)
    try:
        check(form)
        with transaction() as session:
            service.propose(
                session,
                what=Correctable(form.what.data),
                subject_id=form.subject_id.data or 0,
                reason=form.reason.data or "",
                actor_id=current_user.id,
            )
    except NotFound:
        raise
    except Refused as refused:
        view = ListView(CORRECTIONS)
        return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422
    flash(_("Usul koreksi disimpan. Orang kedua memutuskannya."), "success")
    return redirect(url_for("finance.corrections"))


@finance.post("/koreksi/<int:correction_id>")
@needs(Permission.CORRECTION_APPROVE)
def decide_correction(correction_id: int) -> Response:
    """Approve a correction as a second person, refuse it, or withdraw the own one."""
    here = back_to("finance.corrections")
    action = request.form.get("action", "")
    if action not in set(service.CorrectionAction):
        raise NotFound()
    try:
        with transaction() as session:
            decided = service.decide_correction(
                session,
                correction_id=correction_id,
                action=service.CorrectionAction(action),
                actor_id=current_user.id,
            )
            word = state_word("correction", decided.state).text
    except NotFound:
        raise
    except Refused as refused:
        return said(refused, here)
    flash(_("Koreksi: %(state)s.", state=word), "success")
    return redirect(here)


def _fetch(asked: ListRequest) -> Page[CorrectionRow]:
    return queries.corrections(db.session(), current_user, asked)


def _render(view: ListView, form: CorrectionForm, *, error: str = "") -> str:
    session = db.session()
    assert view.page is not None
    chosen = _chosen(form)
    refused = None
    may_propose = current_user.can(Permission.CORRECTION_PROPOSE)
    if chosen is not None and may_propose:
        refused = service.why_not(
            session, what=chosen.what, subject_id=chosen.id, actor=current_user
        )
    return render_template(
        "finance/corrections.html",
        listing=view,
        tabs=view.tabs(),
        words=WHAT,
        chosen=chosen,
        lines=[
            (account_label(re.sub("[0-9]+$", "*", account)), account, amount)
            for account, amount in sorted(
                subjects.lines_of(session, chosen.what, chosen.id).items()
            )
        ]
        if chosen
        else [],
        why_not=why(refused) if refused else "",
        newest=queries.newest(session, current_user) if may_propose else [],
        form=form,
        error=error,
        may_propose=may_propose,
        may_decide=current_user.can(Permission.CORRECTION_APPROVE),
        is_own=lambda row: row.proposed_by == current_user.id,
        waits=lambda row: row.state is CorrectionState.PROPOSED,
        not_yet=waits(row.proposed_by for row in view.page.rows),
    )


def _chosen(form: CorrectionForm) -> queries.Candidate | None:
    if form.what.data not in set(Correctable) or not form.subject_id.data:
        return None
    what = Correctable(form.what.data)
    return queries.candidate(db.session(), current_user, what, form.subject_id.data)
