"""What a worker asks about personal data: requests, the copy, consent, and erasure."""

from __future__ import annotations

import json
from typing import Any

from flask import Response as File
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from agentsys import clock
from agentsys.data_rights import consent, copying, erasing, queries, requests
from agentsys.data_rights.models import DataRequestKind, DataRequestState
from agentsys.data_rights.queries import RequestRow
from agentsys.db import db, transaction
from agentsys.errors import NotFound
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.forms import Form
from agentsys.web.responses import blaming
from agentsys.web.texts import lazy, sentence, translated
from agentsys.web.workers import data_copy
from agentsys.web.workers.blueprint import workers
from agentsys.web.workers.consent_words import consent_words
from agentsys.web.workers.words import DATA_REQUESTS
from agentsys.workers import enrolment
from agentsys.workers.queries import WorkerProfile, profile_in_scope


class AskForm(Form):
    """What a worker asks, and how it is known that it was the worker."""

    kind = SelectField(
        lazy("Yang diminta"),
        choices=[SelectChoice(kind.value, DATA_REQUESTS[kind]) for kind in DataRequestKind],
        validators=[InputRequired()],
    )
    asked_how = StringField(
        lazy("Siapa yang meminta"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Dan bagaimana dipastikan, misalnya: datang sendiri, KTP dicocokkan."),
    )


class AnswerForm(Form):
    """What was done, or why it is refused."""

    note = StringField(
        lazy("Jawaban"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Yang dilakukan, atau alasan menolak, dan bagaimana pekerja diberi tahu."),
    )


class ConsentForm(Form):
    """How it is known that a worker consents."""

    how = StringField(
        lazy("Cara menyetujui"),
        validators=[InputRequired(), Length(max=200)],
        description=lazy("Misalnya: naskah dibacakan dan ditandatangani."),
    )


@workers.get("/<int:worker_id>/data-pribadi")
@needs(Permission.DATA_REQUEST)
def data_rights(worker_id: int) -> str:
    """The consent and the requests of a worker."""
    return _page(_found(worker_id))


@workers.get("/permintaan-data/<int:request_id>")
@needs(Permission.DATA_REQUEST)
def data_request(request_id: int) -> str:
    """The page on which a request is answered."""
    worker_id = queries.worker_of(db.session(), request_id=request_id)
    if worker_id is None:
        raise NotFound(request_id=request_id)
    return _page(_found(worker_id))


@workers.post("/<int:worker_id>/data-pribadi")
@needs(Permission.DATA_REQUEST)
def ask_data(worker_id: int) -> Response | tuple[str, int]:
    """Record a request."""
    found = _found(worker_id)
    form = AskForm(prefix="ask")
    if form.validate():
        with blaming(form):
            with transaction() as session:
                requests.ask(
                    session,
                    worker_id=found.id,
                    kind=DataRequestKind(form.kind.data),
                    asked_how=form.asked_how.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Permintaan dicatat. Jawab dalam tiga hari."), "success")
            return _back(found)
    return _page(found, ask=form), 422


@workers.post("/<int:worker_id>/data-pribadi/<int:request_id>")
@needs(Permission.DATA_REQUEST)
def answer_data(worker_id: int, request_id: int) -> Response | tuple[str, int]:
    """Carry a request out, or refuse it."""
    found = _found(worker_id)
    if request_id not in {row.id for row in _requests(found)}:
        raise NotFound(request_id=request_id)
    form = AnswerForm(prefix=f"answer-{request_id}")
    if form.validate():
        with blaming(form):
            note = form.note.data or ""
            with transaction() as session:
                if request.form.get("answer") == "refuse":
                    requests.refuse(
                        session, request_id=request_id, reason=note, actor_id=current_user.id
                    )
                else:
                    requests.done(
                        session,
                        vault=runtime().vault,
                        request_id=request_id,
                        note=note,
                        actor_id=current_user.id,
                    )
            flash(_("Jawaban dicatat."), "success")
            return _back(found)
    return _page(found, **{f"answer-{request_id}": form}), 422


@workers.post("/<int:worker_id>/persetujuan")
@needs(Permission.DATA_REQUEST)
def give_consent(worker_id: int) -> Response | tuple[str, int]:
    """Record a consent."""
    found = _found(worker_id)
    form = ConsentForm(prefix="consent")
    if form.validate():
        with blaming(form):
            with transaction() as session:
                consent.give(
                    session,
                    worker_id=found.id,
                    note=form.how.data or "",
                    actor_id=current_user.id,
                )
            flash(_("Persetujuan dicatat."), "success")
            return _back(found)
    return _page(found, consent=form), 422


@workers.post("/<int:worker_id>/salinan")
@needs(Permission.DATA_REQUEST)
def copy_data(worker_id: int) -> Response | str:
    """Everything that is stored about the worker, to print or as a file; only if asked for."""
    found = _found(worker_id)
    open_kinds = {row.kind for row in _requests(found) if row.state is DataRequestState.OPEN}
    if DataRequestKind.COPY not in open_kinds:
        flash(_("Catat dulu permintaan salinan datanya."), "error")
        return _back(found)
    with transaction() as session:
        content = copying.copy_of(
            session, vault=runtime().vault, worker_id=found.id, actor_id=current_user.id
        )
    if request.form.get("as") == "json":
        name = f"salinan-data-{found.id}.json"
        return File(
            json.dumps(content, ensure_ascii=False, indent=2),
            mimetype="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    return data_copy.printed(found, content)


def _found(worker_id: int) -> WorkerProfile:
    return profile_in_scope(db.session(), current_user, worker_id, to=Permission.DATA_REQUEST)


def _requests(found: WorkerProfile) -> list[RequestRow]:
    return list(queries.requests_of(db.session(), worker_id=found.id))


def _back(found: WorkerProfile) -> Response:
    return redirect(url_for("workers.data_rights", worker_id=found.id))


def _page(found: WorkerProfile, **sent: Form) -> str:
    session = db.session()
    asked = _requests(found)
    waiting = [row for row in asked if row.state is DataRequestState.OPEN]
    given = queries.consent_of(session, worker_id=found.id)
    return render_template(
        "workers/data_rights.html",
        worker={"id": found.id, "name": found.name},
        consent=given,
        agreed_text=consent_words(given.version, found),
        consent_text=sentence(enrolment.consent_to(found.controller)),
        waiting=[_waiting(row, found.id, sent.get(f"answer-{row.id}")) for row in waiting],
        answered=[
            {"row": row, "kind": DATA_REQUESTS[row.kind]}
            for row in asked
            if row.state is not DataRequestState.OPEN
        ],
        ask=sent.get("ask") or AskForm(formdata=None, prefix="ask"),
        give=sent.get("consent") or ConsentForm(formdata=None, prefix="consent"),
        now=clock.now(),
    )


def _waiting(row: RequestRow, worker_id: int, form: Form | None) -> dict[str, Any]:
    erases = row.kind is DataRequestKind.ERASURE
    blocks = erasing.in_the_way(db.session(), worker_id) if erases else ()
    return {
        "row": row,
        "kind": DATA_REQUESTS[row.kind],
        "form": form or AnswerForm(formdata=None, prefix=f"answer-{row.id}"),
        "blocks": [translated(text) for text in blocks],
        "by_others": erases and row.asked_by == current_user.id,
    }
