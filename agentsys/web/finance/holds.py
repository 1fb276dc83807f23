"""Contributions that are held back from BPJS: which, why, and until when a person lets go."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.contributions.models import Contribution
from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.months import parse_month
from agentsys.people import scope
from agentsys.people.models import RoleName, User
from agentsys.remittances import holds as service
from agentsys.runtime import runtime
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import HoldForm
from agentsys.web.finance.remittances import held_back
from agentsys.web.responses import PAGE, check, said, why
from agentsys.workers.models import Worker
from agentsys.workers.nik import parse


@finance.get("/setoran-bpjs/ditahan")
def holds() -> str:
    """The contributions that are held back, by worker and month."""
    return _page(db.session(), HoldForm(formdata=None))


@finance.post("/setoran-bpjs/ditahan")
def hold_contribution() -> Response | tuple[str, int]:
    """Hold a contribution back, out of its batch if it is in an open one."""
    form = HoldForm(request.form)
    try:
        check(form)
        if form.month.month is None:
            raise Invalid()
        with transaction() as session:
            service.hold(
                session,
                worker_id=_worker_id(session, form),
                month=form.month.month,
                reason=form.reason.data or "",
                actor_id=current_user.id,
            )
    except NotFound:
        return _again(form, Invalid("Tidak ada iuran bulan itu untuk pekerja ini."))
    except Refused as refused:
        return _again(form, refused)
    flash(_("Iuran ditahan. Uangnya tetap tercatat sebagai utang ke BPJS."), "success")
    return redirect(url_for("finance.holds"))


@finance.post("/setoran-bpjs/ditahan/lepas")
def release_contribution() -> Response:
    """Let a contribution go with the next batch."""
    worker_id = request.form.get("worker_id", 0, type=int)
    try:
        month = parse_month(request.form.get("month", ""))
        with transaction() as session:
            service.release(session, worker_id=worker_id, month=month, actor_id=current_user.id)
    except ValueError as error:
        raise NotFound() from error
    except Refused as refused:
        return said(refused, url_for("finance.holds"))
    flash(_("Iuran dilepas; ia ikut setoran berikutnya."), "success")
    return redirect(url_for("finance.holds"))


def _worker_id(session: Session, form: HoldForm) -> int:
    if form.worker_id.data:
        return int(form.worker_id.data)
    nik = parse(form.nik.data or "")
    found = session.scalar(
        select(Worker.id).where(
            scope.of_office(current_user, Worker.office_id),
            Worker.nik_index == runtime().vault.index(nik.text),
        )
    )
    if found is None:
        raise NotFound()
    return found


def _again(form: HoldForm, refused: Refused) -> tuple[str, int]:
    return _page(db.session(), form, error=why(refused)), 422


def _page(session: Session, form: HoldForm, *, error: str = "") -> str:
    rows = _listed(session)
    next_url = ""
    if len(rows) > PAGE:
        rows = rows[:PAGE]
        mark = f"{rows[-1].worker_id}:{rows[-1].month:%Y-%m}"
        next_url = url_for("finance.holds", after=mark)
    return render_template(
        "finance/holds.html",
        held=held_back(session),
        holds=rows,
        next_url=next_url,
        form=form,
        error=error,
        writable=current_user.role is not RoleName.AUDITOR,
    )


def _listed(session: Session) -> list[Any]:
    query = (
        select(
            Contribution.worker_id,
            Worker.name.label("worker_name"),
            Worker.nik_masked,
            Contribution.month,
            Contribution.amount_idr,
            Contribution.state,
            Contribution.hold_reason,
            Contribution.held_at,
            User.name.label("held_by"),
        )
        .join(Worker, Worker.id == Contribution.worker_id)
        .join(User, User.id == Contribution.held_by)
        .where(
            Contribution.held_at.is_not(None),
            scope.of_office(current_user, Contribution.office_id),
        )
        .order_by(Contribution.worker_id, Contribution.month)
        .limit(PAGE + 1)
    )
    worker, _colon, month = request.args.get("after", "").partition(":")
    if worker:
        try:
            mark = (int(worker[:18]), parse_month(month))
        except ValueError as error:
            raise NotFound() from error
        query = query.where(tuple_(Contribution.worker_id, Contribution.month) > mark)
    return list(session.execute(query))
