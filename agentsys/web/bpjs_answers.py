"""Recording BPJS' answers whether a NIK is new, by users who earn nothing from them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from werkzeug.wrappers import Response

from agentsys.commissions.queries import UnansweredWorker, waiting_for_answer
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.people.permissions import Permission
from agentsys.runtime import runtime
from agentsys.web.access import blueprint_for, needs
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.texts import lazy, sentence
from agentsys.workers import bpjs_answers
from agentsys.workers.queries import worker_in_scope

_GOOD = (bpjs_answers.Verdict.RECORDED, bpjs_answers.Verdict.SAME)

bpu = blueprint_for(
    "bpu",
    __name__,
    url_prefix="/jawaban-bpjs",
)


WORKERS = ListPage(
    endpoint="bpu.index",
    title=lazy("Menunggu jawaban BPJS"),
    search=lazy("Nama pekerja atau KPJ"),
    sorts={"added": lazy("Didaftarkan"), "name": lazy("Nama"), "agent": lazy("Agen")},
    personal=False,
    agent=True,
    filename="menunggu-jawaban-bpjs",
    columns=(
        (lazy("Nama"), lambda row: row.name),
        ("NIK", lambda row: row.nik_masked),
        ("KPJ", lambda row: row.kpj),
        (lazy("Agen"), lambda row: row.agent_name),
    ),
)


@bpu.get("/")
@needs(Permission.BPJS_ANSWER_READ)
def index() -> Response | str:
    """The workers whose answer a commission waits for, and a form to paste answers."""
    return ListView(WORKERS).answer(_fetch, _page)


@bpu.post("/")
@needs(Permission.BPJS_ANSWER_RECORD)
def paste() -> str | tuple[str, int]:
    """Record pasted answers; the lines that were not recorded come back, each with the reason."""
    pasted = request.form.get("answers", "")
    try:
        with transaction() as session:
            results = bpjs_answers.record_pasted(
                session,
                vault=runtime().vault,
                pasted=pasted,
                actor=current_user,
            )
    except Invalid as refused:
        return _page(_view(), error=sentence(refused.message), pasted=pasted), 422
    problems = [result for result in results if result.verdict not in _GOOD]
    rest = bpjs_answers.left_over(pasted, problems)
    return _page(_view(), told=_summary(results), rest=rest)


@bpu.post("/<int:worker_id>")
@needs(Permission.BPJS_ANSWER_RECORD)
def record(worker_id: int) -> Response:
    """Record the answer about one worker."""
    with transaction() as session:
        answer = request.form.get("answer", "")
        found = worker_in_scope(session, current_user, worker_id)
        if answer in ("yes", "no"):
            bpjs_answers.record_answer(
                session, worker_id=found.id, new=answer == "yes", actor=current_user
            )
        name = found.name
    if answer in ("yes", "no"):
        flash(_("Jawaban BPJS tentang %(name)s dicatat.", name=name), "success")
    else:
        flash(_("Pilih jawaban BPJS."), "error")
    return redirect(back_to("bpu.index"))


def _fetch(asked: ListRequest) -> Page[UnansweredWorker]:
    return waiting_for_answer(db.session(), current_user, asked)


def _view() -> ListView:
    view = ListView(WORKERS)
    return view.show(_fetch(view.request))


def _page(
    view: ListView,
    *,
    told: str = "",
    rest: Sequence[tuple[bpjs_answers.Result | None, str]] = (),
    error: str = "",
    pasted: str = "",
) -> str:
    return render_template(
        "bpjs_answers.html",
        listing=view,
        writable=current_user.can(Permission.BPJS_ANSWER_RECORD),
        told=told,
        problems=[
            {"number": number, "sentence": result.sentence}
            for number, (result, _line) in enumerate(rest, 1)
            if result is not None
        ],
        error=error,
        pasted=pasted or "\n".join(line for _result, line in rest),
    )


def _summary(results: list[bpjs_answers.Result]) -> str:
    count = sum(result.verdict is bpjs_answers.Verdict.RECORDED for result in results)
    return ngettext("%(num)d jawaban dicatat.", "%(num)d jawaban dicatat.", count)
