"""Contributions that are held back from BPJS, and releasing them."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask_babel import gettext as _
from flask_security import current_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from agentsys.db import db, transaction
from agentsys.errors import Invalid, NotFound, Refused
from agentsys.listing.pages import Page
from agentsys.listing.request import ListRequest
from agentsys.months import parse_month
from agentsys.people.permissions import Permission
from agentsys.remittances import holds as service
from agentsys.remittances import line_queries, queries
from agentsys.remittances.line_queries import HeldLine
from agentsys.runtime import runtime
from agentsys.web.access import needs
from agentsys.web.finance.blueprint import finance
from agentsys.web.finance.forms import HoldForm
from agentsys.web.lists import ListPage, ListView, back_to
from agentsys.web.responses import check, said, why
from agentsys.web.texts import day_and_time, lazy
from agentsys.workers.nik import parse
from agentsys.workers.queries import worker_id_by_nik

HOLDS = ListPage(
    endpoint="finance.holds",
    title=lazy("Iuran yang ditahan"),
    search=lazy("Nama pekerja atau KPJ"),
    sorts={
        "held": lazy("Ditahan"),
        "worker": lazy("Pekerja"),
        "month": lazy("Bulan"),
        "amount": lazy("Iuran"),
    },
    personal=False,
    agent=True,
    dates=True,
    sums=True,
    filename="iuran-ditahan",
    columns=(
        (lazy("Pekerja"), lambda row: row.worker_name),
        ("NIK", lambda row: row.nik_masked),
        ("KPJ", lambda row: row.kpj),
        (lazy("Bulan"), lambda row: f"{row.month:%Y-%m}"),
        (lazy("Iuran"), lambda row: row.amount_idr),
        (lazy("Alasan"), lambda row: row.hold_reason),
        (lazy("Ditahan"), lambda row: day_and_time(row.held_at)),
        (lazy("Oleh"), lambda row: row.held_by),
    ),
)


@finance.get("/setoran-bpjs/ditahan")
@needs(Permission.REMITTANCE_READ)
def holds() -> Response | str:
    """The contributions that are held back, the longest first."""
    return ListView(HOLDS).answer(_fetch, lambda view: _render(view, HoldForm(formdata=None)))


@finance.post("/setoran-bpjs/ditahan")
@needs(Permission.CONTRIBUTION_HOLD)
def hold_contribution() -> Response | tuple[str, int]:
    """Hold a contribution back; if it is in an open batch, take it out."""
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
    return redirect(back_to("finance.holds"))


@finance.post("/setoran-bpjs/ditahan/lepas")
@needs(Permission.CONTRIBUTION_HOLD)
def release_contribution() -> Response:
    """Release a contribution, so that the next batch takes it."""
    worker_id = request.form.get("worker_id", 0, type=int)
    try:
        month = parse_month(request.form.get("month", ""))
        with transaction() as session:
            service.release(session, worker_id=worker_id, month=month, actor_id=current_user.id)
    except ValueError as error:
        raise NotFound() from error
    except Refused as refused:
        return said(refused, back_to("finance.holds"))
    flash(_("Penahanan dicabut; iuran ikut setoran berikutnya."), "success")
    return redirect(back_to("finance.holds"))


def _worker_id(session: Session, form: HoldForm) -> int:
    if form.worker_id.data:
        return int(form.worker_id.data)
    nik = parse(form.nik.data or "")
    return worker_id_by_nik(session, current_user, index=runtime().vault.index(nik.text))


def _again(form: HoldForm, refused: Refused) -> tuple[str, int]:
    view = ListView(HOLDS)
    return _render(view.show(_fetch(view.request)), form, error=why(refused)), 422


def _fetch(asked: ListRequest) -> Page[HeldLine]:
    return line_queries.held_lines(db.session(), current_user, asked)


def _render(view: ListView, form: HoldForm, *, error: str = "") -> str:
    return render_template(
        "finance/holds.html",
        held=queries.held_back(db.session(), current_user),
        listing=view,
        form=form,
        error=error,
        writable=current_user.can(Permission.CONTRIBUTION_HOLD),
    )
