"""Whether BPJS knew a NIK: recorded by whoever does not earn from the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_security import current_user
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload
from werkzeug.wrappers import Response

from agentsys import clock
from agentsys.commissions import basis
from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Invalid
from agentsys.months import add_months
from agentsys.people import scope
from agentsys.people.models import RoleName, User
from agentsys.runtime import runtime
from agentsys.web.access import blueprint_for
from agentsys.web.responses import after_id
from agentsys.web.texts import sentence
from agentsys.workers import bpjs_answers
from agentsys.workers.models import NewToBpu, Worker

PAGE = 50
_GOOD = (bpjs_answers.Verdict.RECORDED, bpjs_answers.Verdict.SAME)

bpu = blueprint_for(
    "bpu",
    __name__,
    roles=bpjs_answers.RECORDERS | {RoleName.AUDITOR},
    url_prefix="/jawaban-bpjs",
)


@bpu.get("/")
def index() -> str:
    """The workers whose answer a commission waits for, and a form to paste answers."""
    return _page(db.session())


@bpu.post("/")
def paste() -> str | tuple[str, int]:
    """Record pasted answers; the lines that were not recorded come back, each with the reason."""
    pasted = request.form.get("answers", "")
    try:
        with transaction() as session:
            results = bpjs_answers.record_pasted(
                session,
                vault=runtime().vault,
                pasted=pasted,
                actor=session.get_one(User, current_user.id),
            )
    except Invalid as refused:
        return _page(db.session(), error=sentence(refused.message), pasted=pasted), 422
    problems = [result for result in results if result.verdict not in _GOOD]
    rest = bpjs_answers.left_over(pasted, problems)
    return _page(db.session(), told=_told(results), rest=rest)


@bpu.post("/<int:worker_id>")
def record(worker_id: int) -> Response:
    """Record the answer about one worker."""
    with transaction() as session:
        actor = session.get_one(User, current_user.id)
        answer = request.form.get("answer", "")
        found: Worker = scope.one(session, Worker, _in_scope(), worker_id)
        if answer in ("yes", "no"):
            bpjs_answers.record_answer(
                session, worker_id=found.id, new=answer == "yes", actor=actor
            )
        name = found.name
    if answer in ("yes", "no"):
        flash(_("Jawaban BPJS tentang %(name)s dicatat.", name=name), "success")
    else:
        flash(_("Pilih jawaban BPJS."), "error")
    return redirect(url_for(".index"))


def _in_scope() -> ColumnElement[bool]:
    return scope.of_agent(current_user, Worker.agent_id, Worker.office_id)


def _page(
    session: Session,
    *,
    told: str = "",
    rest: Sequence[tuple[bpjs_answers.Result | None, str]] = (),
    error: str = "",
    pasted: str = "",
) -> str:
    rows = _waiting(session)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    return render_template(
        "bpjs_answers.html",
        workers=[_row(worker) for worker in rows],
        writable=current_user.role in bpjs_answers.RECORDERS,
        told=told,
        problems=[
            {"number": number, "sentence": result.sentence}
            for number, (result, _line) in enumerate(rest, 1)
            if result is not None
        ],
        error=error,
        pasted=pasted or "\n".join(line for _result, line in rest),
        next_url=url_for(".index", after=rows[-1].id) if more else "",
    )


def _waiting(session: Session) -> list[Worker]:
    """Workers without an answer whom BPJS confirmed since last month began."""
    since, _until = basis.month_bounds(add_months(clock.this_month(), -1))
    confirmed = select(Contribution.worker_id).where(
        Contribution.worker_id == Worker.id, Contribution.confirmed_at >= since
    )
    return list(
        session.scalars(
            select(Worker)
            .where(
                _in_scope(),
                Worker.new_to_bpu == NewToBpu.UNKNOWN,
                Worker.id > (after_id() or 0),
                confirmed.exists(),
            )
            .options(joinedload(Worker.agent))
            .order_by(Worker.id)
            .limit(PAGE + 1)
        )
    )


def _told(results: list[bpjs_answers.Result]) -> str:
    count = sum(result.verdict is bpjs_answers.Verdict.RECORDED for result in results)
    return ngettext("%(num)d jawaban dicatat.", "%(num)d jawaban dicatat.", count)


def _row(worker: Worker) -> dict[str, Any]:
    return {
        "id": worker.id,
        "name": worker.name,
        "nik_masked": worker.nik_masked,
        "kpj": worker.kpj,
        "agent_name": worker.agent.name if worker.agent else "",
    }
